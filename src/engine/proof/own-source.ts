import { newestKey } from '../../journal/key-history.ts';
import type { Store } from '../../store/store.ts';
import type { LogSource } from './log-source.ts';

/** The journal of this machine. Whoever opened the store closes it. */
export async function ownSource(store: Store): Promise<LogSource> {
  return {
    origin: store.origin,
    key: newestKey(await store.keys()),
    keyFrom: 'reader',
    place: 'the journal',
    hasBlobs: true,
    database: null,
    head: () => store.head(),
    headAt: (size) => store.headAt(size),
    entries: (from, to) => store.entries(from, to),
    pruned: (from, to) => store.pruned(from, to),
    anchors: (from, to) => store.anchors(from, to),
    blob: async (id, read) => {
      const state = await store.checkBlob(id);
      if (state !== 'ok') {
        return { state };
      }
      return { state: 'ok', bytes: read ? (await store.getBlob(id)).bytes : null };
    },
    close: async () => undefined,
  };
}
