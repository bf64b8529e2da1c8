import type { ChannelKind } from '../channel-kind.ts';
import { openSpool } from './open-spool.ts';
import { parseSpool } from './settings.ts';

/** Folders of the host, where its accounts read requests and decide by the files they own. */
export const spool: ChannelKind = {
  name: 'spool',
  read(section) {
    const settings = parseSpool(section);
    return { attests: { by: ['os'] }, open: () => openSpool(settings) };
  },
};
