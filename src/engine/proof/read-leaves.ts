import type { PrunedEntry } from '../../store/rows.ts';
import type { Store, StoredEntry } from '../../store/store.ts';

/** A leaf of the log: an entry with its bytes, or the hash that is left of one. */
export type StoredLeaf =
  | ({ readonly kind: 'entry' } & StoredEntry)
  | ({ readonly kind: 'pruned' } & PrunedEntry);

/** Every leaf `from <= seq < to`, in order, pruned or not. */
export async function readLeaves(
  store: Pick<Store, 'entries' | 'pruned'>,
  from: number,
  to: number,
): Promise<readonly StoredLeaf[]> {
  // In this order: what is pruned between the two is found twice, and never not at all.
  const entries = await store.entries(from, to);
  if (entries.length === to - from) {
    return entries.map((entry) => ({ kind: 'entry', ...entry }));
  }
  const whole = new Set(entries.map(({ seq }) => seq));
  const pruned = (await store.pruned(from, to)).filter(({ seq }) => !whole.has(seq));
  return [
    ...entries.map((entry) => ({ kind: 'entry' as const, ...entry })),
    ...pruned.map((entry) => ({ kind: 'pruned' as const, ...entry })),
  ].sort((one, other) => one.seq - other.seq);
}
