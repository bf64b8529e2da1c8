import type { Store, StoredEntry } from '../store/store.ts';

const pageSize = 1000;

/** A part of the log, in order. */
export interface Page {
  /** What was pruned is left out. */
  readonly entries: readonly StoredEntry[];
  /** Where it ends. */
  readonly to: number;
}

/** The log up to `size`, as it stands now unless said, a page after the other: nothing of it is proven. */
export async function* walkLog(store: Store, upTo: number | null = null): AsyncGenerator<Page> {
  const size = upTo ?? (await store.head()).size;
  for (let from = 0; from < size; from += pageSize) {
    const to = Math.min(from + pageSize, size);
    yield { entries: await store.entries(from, to), to };
  }
}
