import type { Engine } from '../engine.ts';
import type { Finding } from '../reports.ts';

/** Finishes what a crash left of an erasure or a pruning, and says so; nothing where there was nothing. */
export async function examineRetention({ store }: Engine): Promise<readonly Finding[]> {
  const { blobs, openings, entries } = await store.sweep();
  return blobs + openings + entries === 0
    ? []
    : [
        {
          name: 'retention',
          ok: true,
          message: `deleted what was recorded as erased or pruned and still there: ${blobs} blobs, ${openings} values, ${entries} entries`,
          hint: null,
        },
      ];
}
