import { isProcessAlive } from '../../base/process.ts';
import type { Store } from '../../store/store.ts';

/** The server that serves a journal just now. */
export interface ServedAt {
  /** Where browsers see it; null where it was not told under which name. */
  readonly page: string | null;
}

const area = 'serve';
const key = 'page';

/**
 * Lets other processes of this journal know where its server is seen. Only whoever has the hold `serve` notes it,
 * and takes it away before the hold goes; what a crash left counts for nothing while nobody has that hold.
 */
export function noteServedAt(store: Store, page: string | null): Promise<void> {
  return store.putNote(area, key, page);
}

/** Null where no living process serves this journal. */
export async function servedAt(store: Store): Promise<ServedAt | null> {
  const holder = await store.getHold('serve');
  return holder === null || !isProcessAlive(holder)
    ? null
    : { page: await store.getNote(area, key) };
}
