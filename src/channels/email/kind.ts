import type { ChannelKind } from '../channel-kind.ts';
import { openEmail } from './open-email.ts';
import { parseEmailSettings } from './settings.ts';

/** Mails that tell what waits and how it went; nobody decides by them. */
export const email: ChannelKind = {
  name: 'email',
  read(section) {
    const settings = parseEmailSettings(section);
    return { attests: { by: [] }, open: (deps) => openEmail(settings, deps) };
  },
};
