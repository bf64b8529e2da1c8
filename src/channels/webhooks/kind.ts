import type { ChannelKind } from '../channel-kind.ts';
import { openWebhooks } from './open-webhooks.ts';
import { parseWebhooks } from './settings.ts';

/** Events of the journal for other programs; nobody decides by them. */
export const webhooks: ChannelKind = {
  name: 'webhooks',
  read(section) {
    parseWebhooks(section);
    return { attests: { by: [] }, open: (deps) => openWebhooks(section, deps) };
  },
};
