import type { Report } from './finding.ts';
import { nameOf, type OutsideHead } from './outside.ts';

/** How far two clocks may differ before it counts, as everywhere. */
const toleranceMs = 2000;

/** Watches that no entry claims a later time than somebody outside had seen it at. */
export interface WitnessedTimes {
  add(entry: { readonly seq: number; readonly time: string }): void;
  /** Reports what contradicts a head that is really of this log. */
  conclude(held: ReadonlySet<OutsideHead>): void;
}

/**
 * A head of `size` entries that was seen at some time is an upper bound for each of them: they were there.
 * There is no lower one to be had: a head may be seen long after its entries were written, and says nothing
 * of what came after it. Clocks of approvers are their own and bound nothing.
 */
export function openWitnessedTimes(heads: readonly OutsideHead[], report: Report): WitnessedTimes {
  const bounds = earliestBySize(heads);
  const late = new Map<Bound, { readonly first: number; count: number; readonly claims: string }>();
  let next = 0;
  return {
    add: ({ seq, time }) => {
      while ((bounds[next]?.head.size ?? Number.POSITIVE_INFINITY) <= seq) {
        next += 1;
      }
      const bound = bounds[next]?.earliest;
      if (bound !== undefined && Date.parse(time) > bound.atMs + toleranceMs) {
        const known = late.get(bound) ?? { first: seq, count: 0, claims: time };
        late.set(bound, { ...known, count: known.count + 1 });
      }
    },
    conclude: (held) => {
      for (const [{ head }, { first, count, claims }] of late) {
        if (held.has(head)) {
          const more = count === 1 ? '' : `, and so do ${count - 1} later entries`;
          const message = `it claims ${claims}, and ${nameOf(head)} had seen it by ${head.time}${more}`;
          report({ verdict: 'time', code: 'E_TIME_WITNESSED', index: first, message });
        }
      }
    },
  };
}

interface Bound {
  readonly head: OutsideHead;
  readonly atMs: number;
}

/** Smallest head first, each with the earliest time of all heads that are as large or larger. */
function earliestBySize(
  heads: readonly OutsideHead[],
): readonly { readonly head: OutsideHead; readonly earliest: Bound }[] {
  const timed = heads
    .filter(({ kind }) => kind === 'cosignature' || kind === 'timestamp')
    .map((head) => ({ head, atMs: Date.parse(head.time ?? '') }))
    .filter(({ atMs }) => Number.isFinite(atMs))
    .sort((one, other) => other.head.size - one.head.size);
  let earliest: Bound | null = null;
  return timed
    .map((bound) => {
      earliest = earliest === null || bound.atMs < earliest.atMs ? bound : earliest;
      return { head: bound.head, earliest };
    })
    .reverse();
}
