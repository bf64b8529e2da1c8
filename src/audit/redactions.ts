import type { BlobId, RequestId, RunId } from '../base/ids.ts';
import type { Recorded } from '../run/events.ts';
import { type BlobContent, blobsOf } from '../run/named-blobs.ts';
import type { Blob } from './exhibit.ts';
import type { Finding, FindingCode, Report } from './finding.ts';

/**
 * What is not there any more, held against the entries that say so. Content may go before or after the
 * auditor reads that it may: until the end everything that is missing, and what follows from it, is held
 * back; then it is a warning where the log allows it, and a finding where it does not.
 */
export interface Redactions {
  /** Takes the next entry, with the blobs that it names, before it is judged. */
  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void;
  /** Takes a leaf of which only the hash is there. */
  addPruned(seq: number): void;
  /** Takes a finding about the entry that was added last. */
  judge: Report;
  /** Whether this entry was reduced to its hash, and the log says so. */
  isPruned(seq: number): boolean;
  /** Says what became of all that was held back. */
  conclude(report: Report): void;
}

interface Erased {
  readonly seq: number;
  readonly reason: string;
  /** How many blobs that it names were found missing. */
  missing: number;
}

/** Entries `from <= seq < to` that the entry `by` lets go. */
interface Pruned {
  readonly from: number;
  readonly to: number;
  readonly by: { readonly seq: number; readonly reason: string };
}

interface Missing {
  readonly id: BlobId;
  readonly run: RunId | null;
  readonly seq: number;
}

interface Held {
  readonly finding: Finding;
  /** The runs whose content is not there: its own, and one that lent it an approval. */
  readonly runs: readonly RunId[];
}

/** Findings that can come of content that is not there, and of nothing worse. */
const consequences: readonly FindingCode[] = [
  'E_NO_PLAN',
  'E_RUN',
  'E_UNAPPROVED_EXECUTION',
  'E_COMMAND_CHANGED',
  'E_GRANT_STRETCHED',
  'E_START',
  'E_RESOLUTION',
];

/** Without these a run cannot be replayed; what steps printed decides nothing. */
const decisive: readonly BlobContent[] = ['plan', 'command', 'outputs'];

export function openRedactions(report: Report): Redactions {
  const erased = new Map<string, Erased>();
  const pruned: Pruned[] = [];
  const leaves: number[] = [];
  const missing: Missing[] = [];
  const held: Held[] = [];
  /** Runs of which something decisive is missing. */
  const torn = new Set<RunId>();
  /** Who asked for approvals that hold for later runs. */
  const lenders = new Map<RequestId, RunId>();
  let runs: readonly RunId[] = [];
  return {
    add: (entry, blobs) => {
      try {
        noteTrail(entry, { erased, pruned });
        noteLender(entry, lenders);
      } catch {
        // Under a stolen key an entry can have any shape: one that cannot be read allows nothing.
      }
      const gone = missingOf(entry, blobs);
      missing.push(...gone.map(({ id }) => ({ id, run: entry.run, seq: entry.seq })));
      if (entry.run !== null && gone.some(({ what }) => decisive.includes(what))) {
        torn.add(entry.run);
      }
      runs = runsOf(entry, lenders).filter((run) => torn.has(run));
    },
    addPruned: (seq) => {
      leaves.push(seq);
    },
    judge: (finding) => {
      if (runs.length > 0 && consequences.includes(finding.code)) {
        held.push({ finding, runs });
      } else {
        report(finding);
      }
    },
    isPruned: (seq) => leaves.includes(seq) && openRanges(pruned)(seq) !== null,
    conclude: (say) => {
      const prunedBy = openRanges(pruned);
      const unexplained = concludeMissing(missing, { erased, prunedBy }, say);
      concludeHeld(held, unexplained, say);
      concludePruned(leaves, prunedBy, say);
    },
  };
}

function noteTrail(
  { event, seq }: Recorded,
  { erased, pruned }: { readonly erased: Map<string, Erased>; readonly pruned: Pruned[] },
): void {
  if (event.type === 'content.erased') {
    const by: Erased = { seq, reason: event.data.reason, missing: 0 };
    for (const id of event.data.blobs.filter((each) => !erased.has(each))) {
      erased.set(id, by);
    }
  }
  if (event.type === 'log.pruned') {
    const by = { seq, reason: event.data.reason };
    pruned.push(...event.data.ranges.map(([from, to]) => ({ from, to: Math.min(to, seq), by })));
  }
}

function noteLender({ event, run }: Recorded, lenders: Map<RequestId, RunId>): void {
  if (event.type === 'approval.requested' && event.data.grant.reuse !== undefined && run !== null) {
    lenders.set(event.data.id, run);
  }
}

function missingOf(
  { event }: Recorded,
  blobs: ReadonlyMap<BlobId, Blob>,
): readonly { readonly id: BlobId; readonly what: BlobContent }[] {
  return blobsOf(event).filter(({ id }) => blobs.get(id)?.state === 'missing');
}

function runsOf({ event, run }: Recorded, lenders: ReadonlyMap<RequestId, RunId>): RunId[] {
  const permit = event.type === 'step.started' ? event.data.permit : null;
  const lender = permit?.kind === 'grant' ? lenders.get(permit.request) : undefined;
  return [run, lender].flatMap((each) => each ?? []);
}

/**
 * Answers the runs of which something is missing that nobody erased. What an entry names that is to be
 * pruned goes before the entry itself: a crash in between leaves that.
 */
function concludeMissing(
  missing: readonly Missing[],
  {
    erased,
    prunedBy,
  }: { readonly erased: ReadonlyMap<string, Erased>; readonly prunedBy: PrunedBy },
  report: Report,
): ReadonlySet<RunId | null> {
  const unexplained = new Set<RunId | null>();
  for (const { id, run, seq } of missing) {
    const by = erased.get(id);
    if (by === undefined && prunedBy(seq) === null) {
      unexplained.add(run);
      const message = `blob ${id.slice(0, 12)}… is missing, and no entry says that it was erased`;
      report({ verdict: 'integrity', code: 'E_BLOB_MISSING', index: seq, message });
    } else if (by !== undefined) {
      by.missing += 1;
    }
  }
  for (const { seq, reason, missing: count } of new Set(erased.values())) {
    if (count > 0) {
      const message = `content was erased that entries name ${count === 1 ? 'once' : `${count} times`}: ${reason}`;
      report({ verdict: 'integrity', code: 'W_REDACTED', index: seq, message });
    }
  }
  return unexplained;
}

function concludeHeld(
  held: readonly Held[],
  unexplained: ReadonlySet<RunId | null>,
  report: Report,
): void {
  const open = new Map<RunId, { readonly index: number | null; count: number }>();
  for (const { finding, runs } of held) {
    const [run] = runs;
    if (run === undefined || runs.some((each) => unexplained.has(each))) {
      report(finding);
      continue;
    }
    const known = open.get(run) ?? { index: finding.index, count: 0 };
    known.count += 1;
    open.set(run, known);
  }
  for (const [run, { index, count }] of open) {
    const message = `content of run ${run} was erased: ${count === 1 ? 'one thing' : `${count} things`} could not be judged from here on`;
    report({ verdict: 'authorization', code: 'W_REDACTED', index, message });
  }
}

function concludePruned(leaves: readonly number[], prunedBy: PrunedBy, report: Report): void {
  const counts = new Map<Pruned['by'], number>();
  for (const seq of leaves) {
    const by = prunedBy(seq);
    if (by === null) {
      const message = 'of the entry only its hash is there, and no entry says that it was pruned';
      report({ verdict: 'integrity', code: 'E_SEQ', index: seq, message });
    } else {
      counts.set(by, (counts.get(by) ?? 0) + 1);
    }
  }
  for (const [{ seq, reason }, count] of counts) {
    const message = `${count} earlier entries are there by their hashes alone: ${reason}`;
    report({ verdict: 'integrity', code: 'W_REDACTED', index: seq, message });
  }
}

/** The entry that lets this one go; null where none does. */
type PrunedBy = (seq: number) => Pruned['by'] | null;

/** By halving: there may be many ranges, and many more entries. */
function openRanges(pruned: readonly Pruned[]): PrunedBy {
  const sorted = [...pruned].sort((one, other) => one.from - other.from);
  return (seq) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.from ?? 0) <= seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const range = sorted[low - 1];
    return range !== undefined && seq < range.to ? range.by : null;
  };
}
