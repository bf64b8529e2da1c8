import { RunbookError } from '../base/errors.ts';
import type { BlobId, RunId } from '../base/ids.ts';
import type { Range } from '../journal/merkle.ts';
import { parseConfig } from '../policy/config.ts';
import type { ConfigSet, Recorded } from '../run/events.ts';
import type { LogPruned } from '../run/trail-events.ts';
import type { Blob } from './exhibit.ts';
import type { Report } from './finding.ts';
import { bytesOf } from './read-blobs.ts';
import { type NamedRun, openRemains, type Remains, whyNotPrunable } from './remains.ts';

/** Leaves of which only the hash is there, held against the entries that let them go, and those against the rules. */
export interface Prunings {
  /** Takes the next entry. Throws where it has no shape that can be read: it lets nothing go. */
  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void;
  /** Takes a leaf of which only the hash is there. */
  addLeaf(seq: number): void;
  /** Whether an entry so far lets this one go. */
  allows(seq: number): boolean;
  isPruned(seq: number): boolean;
  /** Leaves so far. */
  count(): number;
  conclude(report: Report): void;
}

/** A `log.pruned` entry. */
export interface Pruning {
  readonly seq: number;
  readonly timeMs: number;
  /** How long runs had to stay whole when it was recorded; null where that cannot be read. */
  readonly keepMs: number | null;
  readonly reason: string;
}

interface Named extends Range {
  readonly run: RunId;
  readonly by: Pruning;
}

export function openPrunings(): Prunings {
  const named: Named[] = [];
  const leaves = new Set<number>();
  const remains = openRemains();
  let keepMs: number | null = null;
  /** Entries from the first on without a gap, and the first configuration among them. */
  const begin = { through: 0, config: Number.POSITIVE_INFINITY };
  const follow = (seq: number): void => {
    begin.through += seq === begin.through ? 1 : 0;
  };
  let inOrder: readonly Named[] | null = null;
  const allows = (seq: number): boolean => {
    inOrder ??= sorted(named);
    return find(inOrder, seq) !== null;
  };
  return {
    add: (entry, blobs) => {
      const { event, seq, time } = entry;
      follow(seq);
      remains.add(entry);
      if (event.type === 'config.set') {
        begin.config = Math.min(begin.config, seq);
        keepMs = keepOf(event.data, blobs);
      }
      if (event.type === 'log.pruned') {
        const { reason } = event.data;
        inOrder = null;
        named.push(...readNamed(event.data, { seq, timeMs: Date.parse(time), keepMs, reason }));
      }
    },
    addLeaf: (seq) => {
      follow(seq);
      leaves.add(seq);
    },
    allows,
    isPruned: (seq) => leaves.has(seq) && allows(seq),
    count: () => leaves.size,
    conclude: (report) => {
      const ordered = sorted(named);
      const gone = concludeLeaves(leaves, ordered, report);
      concludeRuns(ordered, { remains, gone, begin }, report);
    },
  };
}

function keepOf({ config }: ConfigSet, blobs: ReadonlyMap<BlobId, Blob>): number | null {
  try {
    const text = bytesOf(config, blobs)?.toString('utf8');
    return text === undefined ? null : parseConfig(text, 'config.yaml').keepMs;
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

/** Throws where it is no list of ranges: whoever has the key can write anything. */
function readNamed({ runs }: LogPruned, by: Pruning): readonly Named[] {
  return runs.flatMap(({ run, ranges }) =>
    ranges.map(([from, to]) => {
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
        throw new TypeError('not a range');
      }
      return { run, from, to, by };
    }),
  );
}

/** Answers the runs of which entries are gone. */
function concludeLeaves(
  leaves: Iterable<number>,
  named: readonly Named[],
  report: Report,
): ReadonlySet<RunId> {
  const gone = new Set<RunId>();
  const counts = new Map<Pruning, number>();
  for (const seq of leaves) {
    const by = find(named, seq);
    if (by === null) {
      const message = 'of the entry only its hash is there, and no entry says that it was pruned';
      report({ verdict: 'integrity', code: 'E_SEQ', index: seq, message });
    } else {
      gone.add(by.run);
      counts.set(by.by, (counts.get(by.by) ?? 0) + 1);
    }
  }
  for (const [{ seq, reason }, count] of counts) {
    const message = `${count} earlier entries are there by their hashes alone: ${reason}`;
    report({ verdict: 'integrity', code: 'W_REDACTED', index: seq, message });
  }
  return gone;
}

interface Around {
  readonly remains: Remains;
  readonly gone: ReadonlySet<RunId>;
  readonly begin: { readonly through: number; readonly config: number };
}

/** The program prunes whole runs that ended, and nothing else: an entry that says otherwise was not its own. */
function concludeRuns(
  named: readonly Named[],
  { remains, gone, begin }: Around,
  report: Report,
): void {
  const runs = new Map<RunId, NamedRun & { readonly ranges: Range[] }>();
  for (const { run, from, to, by } of named) {
    const known = runs.get(run) ?? { run, by, ranges: [], isGone: gone.has(run) };
    known.ranges.push({ from, to });
    runs.set(run, known);
  }
  const claimed = claimedTwice(named);
  const log = remains.of(new Set(runs.keys()));
  for (const run of runs.values()) {
    const twice = claimed.has(run.run) ? 'it shares an entry with another run' : null;
    const why = twice ?? whyNotPrunable(run, log) ?? whyEarly(run, begin);
    if (why !== null) {
      const message = `it prunes run ${run.run}, which may not be: ${why}`;
      report({ verdict: 'integrity', code: 'E_PRUNED', index: run.by.seq, message });
    }
  }
}

/** Nothing starts before the first configuration, and that is of no run: it stays. */
function whyEarly({ ranges }: NamedRun, { through, config }: Around['begin']): string | null {
  const from = ranges[0]?.from ?? 0;
  return from < through && from < config
    ? `entry ${from} stands before any configuration, under which a run could have started`
    : null;
}

/** Runs that share an entry with another. */
function claimedTwice(named: readonly Named[]): ReadonlySet<RunId> {
  const twice = new Set<RunId>();
  let last: Named | null = null;
  for (const range of named) {
    if (last !== null && range.from < last.to && range.run !== last.run) {
      twice.add(range.run);
    }
    last = last === null || range.to > last.to ? range : last;
  }
  return twice;
}

function sorted(named: readonly Named[]): readonly Named[] {
  return [...named].sort((one, other) => one.from - other.from);
}

/** By halving: there may be many ranges, and many more entries. */
function find(named: readonly Named[], seq: number): Named | null {
  let [low, high] = [0, named.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((named[middle]?.from ?? 0) <= seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const range = named[low - 1];
  return range !== undefined && seq < Math.min(range.to, range.by.seq) ? range : null;
}
