import type { Range } from '../../journal/merkle.ts';

/** Entries of which some are neighbours, as ranges that are read at once. `seqs` are in order. */
export function neighbours(seqs: Iterable<number>): readonly Range[] {
  const ranges: { from: number; to: number }[] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last?.to === seq) {
      last.to = seq + 1;
    } else {
      ranges.push({ from: seq, to: seq + 1 });
    }
  }
  return ranges;
}
