import { formatDuration } from '../base/duration.ts';
import type { RunId } from '../base/ids.ts';
import type { Range } from '../journal/merkle.ts';
import type { Recorded } from '../run/events.ts';
import type { Pruning } from './prunings.ts';

/** What of the log can be read, by whose it is: it may contradict what is said of entries that cannot be. */
export interface Remains {
  add(entry: Recorded): void;
  /** As far as it bears on these runs. */
  of(runs: ReadonlySet<RunId>): Left;
}

/** Neighbouring entries of one run, or of none. */
interface Stretch extends Range {
  to: number;
  readonly run: RunId | null;
  /** Of the last of them. */
  timeMs: number;
}

interface Left {
  readonly stretches: readonly Stretch[];
  /** Those of the runs. */
  readonly own: ReadonlyMap<RunId, readonly Stretch[]>;
  /** The first entry of a run not among them that one of them lent an approval. */
  readonly borrowed: ReadonlyMap<RunId, number>;
}

/** A run as `log.pruned` entries name it. */
export interface NamedRun {
  readonly run: RunId;
  /** In order. */
  readonly ranges: readonly Range[];
  /** The first entry that names it. */
  readonly by: Pruning;
  /** Whether any of its entries is gone: after a crash none is, for a while. */
  readonly isGone: boolean;
}

export function openRemains(): Remains {
  const stretches: Stretch[] = [];
  const loans: { readonly lender: RunId; readonly run: RunId; readonly seq: number }[] = [];
  return {
    add: ({ event, run, seq, time }) => {
      const timeMs = Date.parse(time);
      const last = stretches.at(-1);
      if (last?.to === seq && last.run === run) {
        last.to = seq + 1;
        last.timeMs = timeMs;
      } else {
        stretches.push({ from: seq, to: seq + 1, run, timeMs });
      }
      const permit = event.type === 'step.started' ? event.data.permit : null;
      if (run !== null && permit?.kind === 'grant' && permit.lent_by !== undefined) {
        loans.push({ lender: permit.lent_by, run, seq });
      }
    },
    of: (runs) => {
      const own = new Map<RunId, Stretch[]>();
      for (const stretch of stretches) {
        if (stretch.run !== null && runs.has(stretch.run)) {
          const known = own.get(stretch.run) ?? [];
          own.set(stretch.run, known);
          known.push(stretch);
        }
      }
      const left = loans.filter(({ lender, run }) => runs.has(lender) && !runs.has(run));
      // The first is told: of several with one key a map keeps the last.
      const borrowed = new Map(left.reverse().map(({ lender, seq }) => [lender, seq]));
      return { stretches, own, borrowed };
    },
  };
}

/** How far two readings of one clock may lie apart. */
const toleranceMs = 60_000;

/**
 * Why this run may not have been pruned, in words; null where nothing that is left contradicts it. That its
 * entries were what they are said to have been, no hash can show.
 */
export function whyNotPrunable(run: NamedRun, left: Left): string | null {
  return whyNoRun(run) ?? whyForeign(run, left) ?? whyInPart(run, left) ?? whyYoung(run, left);
}

function whyNoRun({ ranges, by }: NamedRun): string | null {
  const wrong = ranges.find(({ from, to }) => from < 1 || to <= from || to > by.seq);
  if (wrong !== undefined) {
    return `entries ${wrong.from} to ${wrong.to - 1} cannot be those of a run`;
  }
  const count = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  return count < 2 ? 'a run that ended has more than one entry' : null;
}

/** What lies between its entries is not its own. */
function whyForeign({ run, ranges }: NamedRun, { stretches }: Left): string | null {
  for (const { from, to } of ranges) {
    for (let at = lastBefore(stretches, to); at >= 0; at -= 1) {
      const stretch = stretches[at];
      if (stretch === undefined || stretch.to <= from) {
        break;
      }
      if (stretch.run !== run) {
        const whose = stretch.run === null ? 'no run' : `run ${stretch.run}`;
        return `entry ${Math.max(from, stretch.from)} is of ${whose}`;
      }
    }
  }
  return null;
}

function whyInPart({ run, ranges, isGone }: NamedRun, { own, borrowed }: Left): string | null {
  const stays = (own.get(run) ?? []).find(
    (stretch) => isGone || !ranges.some(({ from, to }) => from <= stretch.from && stretch.to <= to),
  );
  if (stays !== undefined) {
    return `entry ${stays.from} of it stays`;
  }
  const start = borrowed.get(run);
  return start === undefined ? null : `entry ${start}, which rests on an approval of it, stays`;
}

/** Nothing was recorded of it later than when it ended: what stands before its last entry is at least as old. */
function whyYoung({ ranges, by }: NamedRun, { stretches }: Left): string | null {
  const end = ranges.at(-1)?.to ?? 0;
  const before = stretches[lastBefore(stretches, end)];
  if (by.keepMs === null || before === undefined || before.to > end) {
    return null;
  }
  const atMostMs = by.timeMs - before.timeMs;
  // Times can be anything under a stolen key, and then nothing was long ago.
  return atMostMs >= by.keepMs - toleranceMs
    ? null
    : `it ended less than ${formatDuration(by.keepMs)} before, for which runs had to stay whole`;
}

/** The index of the last stretch that begins before an entry; -1 where none does. By halving. */
function lastBefore(stretches: readonly Stretch[], seq: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretches[middle]?.from ?? 0) < seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}
