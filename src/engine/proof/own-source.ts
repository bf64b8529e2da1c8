import type { Blob } from '../../audit/exhibit.ts';
import { RunbookError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { ReadAhead, Store } from '../../store/store.ts';
import type { LogSource } from './log-source.ts';

/**
 * The journal of this machine. Whoever opened the store closes it. `ahead`: threads that read before they
 * are asked, for whoever asks page by page and once.
 */
export async function ownSource(store: Store, ahead: ReadAhead | null = null): Promise<LogSource> {
  const { keys } = await store.keys();
  const [first, ...later] = keys;
  return {
    origin: store.origin,
    // Its first: what came after has to follow from what that one signed.
    key: first,
    landmarks: new Set(later.map(({ from }) => from - 1)),
    keyFrom: 'reader',
    place: 'the journal',
    hasBlobs: true,
    head: () => store.head(),
    headAt: (size) => store.headAt(size),
    entries: (from, to) => ahead?.entries(from) ?? store.entries(from, to),
    pruned: (from, to) => store.pruned(from, to),
    anchors: (from, to) => store.anchors(from, to),
    blob: (id, read) => (read ? readBlob(store, id) : checkBlob(store, id)),
    close: async () => ahead?.close(),
  };
}

async function checkBlob(store: Store, id: BlobId): Promise<Blob> {
  const state = await store.checkBlob(id);
  return state === 'ok' ? { state, bytes: null } : { state };
}

/** Read once: what comes back has been held against the id. */
async function readBlob(store: Store, id: BlobId): Promise<Blob> {
  try {
    return { state: 'ok', bytes: (await store.getBlob(id)).bytes };
  } catch (error) {
    const code = error instanceof RunbookError ? error.code : null;
    if (code === 'blob_altered') {
      return { state: 'altered' };
    }
    // Whether it may be missing, the log itself says: not the index by which the store knows.
    if (code === 'blob_missing' || code === 'blob_erased') {
      return { state: 'missing' };
    }
    throw error;
  }
}
