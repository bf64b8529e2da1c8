import type { BlobId, RunId } from '../base/ids.ts';
import type { Recorded } from '../run/events.ts';
import { blobsOf } from '../run/named-blobs.ts';
import type { Blob } from './exhibit.ts';
import type { Finding, Report } from './finding.ts';
import { openPrunings, type Prunings } from './prunings.ts';

/**
 * What is not there any more, held against the entries that say so. Content may go before or after the
 * auditor reads that it may: until the end everything that is missing, and what only it could refute, is
 * held back; then it is a warning where the log allows it, and a finding where it does not. Whatever shows
 * without that content is a finding at once: erasing hides nothing that entries prove.
 */
export interface Redactions {
  /** Takes the next entry, with the blobs that it names, before it is judged. */
  add(entry: Recorded, blobs: ReadonlyMap<BlobId, Blob>): void;
  /** Takes a leaf of which only the hash is there. */
  addPruned(seq: number): void;
  /** Takes a finding about the entry that was added last, and the content that could refute it. */
  readonly judge: (finding: Finding, wants?: BlobId) => void;
  /** Whether this entry was reduced to its hash, and the log says so. */
  isPruned(seq: number): boolean;
  /** How many leaves are known by their hashes alone. */
  pruned(): number;
  /** Says what became of all that was held back. Answers how many starts could not be judged for it. */
  conclude(report: Report): number;
}

interface Erased {
  readonly seq: number;
  readonly reason: string;
  /** How many blobs that it names were found missing. */
  missing: number;
}

interface Missing {
  readonly id: BlobId;
  readonly seq: number;
}

type Absence = 'missing' | 'withheld';

interface Held {
  readonly finding: Finding;
  readonly run: RunId | null;
  readonly wants: BlobId;
}

export function openRedactions(report: Report): Redactions {
  const erased = new Map<string, Erased>();
  const prunings = openPrunings();
  const missing: Missing[] = [];
  const held: Held[] = [];
  /** What is missing, and what whoever made a bundle did not disclose. */
  const gone = new Map<BlobId, Absence>();
  let run: RunId | null = null;
  return {
    add: (entry, blobs) => {
      try {
        prunings.add(entry, blobs);
        noteErased(entry, erased);
      } catch {
        // Under a stolen key an entry can have any shape: one that cannot be read allows nothing.
      }
      run = entry.run;
      for (const [id, absence] of absentOf(entry, blobs)) {
        gone.set(id, absence);
        if (absence === 'missing') {
          missing.push({ id, seq: entry.seq });
        }
      }
    },
    addPruned: (seq) => prunings.addLeaf(seq),
    judge: (finding, wants) => {
      if (wants !== undefined && gone.has(wants)) {
        held.push({ finding, run, wants });
      } else {
        report(finding);
      }
    },
    isPruned: (seq) => prunings.isPruned(seq),
    pruned: () => prunings.count(),
    conclude: (say) => {
      const unexplained = concludeMissing(missing, { erased, prunings }, say);
      const open = held.filter(({ wants }) => !unexplained.has(wants));
      held.filter((each) => !open.includes(each)).forEach(({ finding }) => say(finding));
      concludeHeld(
        open.filter(({ wants }) => gone.get(wants) === 'missing'),
        say,
      );
      prunings.conclude(say);
      // A plan that is gone leaves each of its starts to be judged by what else says of it.
      const starts = open.filter(({ finding }) => finding.code !== 'E_NO_PLAN');
      return new Set(starts.map(({ finding }) => finding.index)).size;
    },
  };
}

function noteErased({ event, seq }: Recorded, erased: Map<string, Erased>): void {
  if (event.type === 'content.erased') {
    const by: Erased = { seq, reason: event.data.reason, missing: 0 };
    for (const id of event.data.blobs.filter((each) => !erased.has(each))) {
      erased.set(id, by);
    }
  }
}

function absentOf(
  { event }: Recorded,
  blobs: ReadonlyMap<BlobId, Blob>,
): readonly (readonly [BlobId, Absence])[] {
  return blobsOf(event).flatMap(({ id, read }): [BlobId, Absence][] => {
    const blob = blobs.get(id);
    const isWithheld = read && blob?.state === 'ok' && blob.bytes === null;
    return blob?.state === 'missing' || isWithheld
      ? [[id, isWithheld ? 'withheld' : 'missing']]
      : [];
  });
}

/**
 * Answers what is missing and was not erased by anybody. What an entry names that is to be
 * pruned goes before the entry itself: a crash in between leaves that.
 */
function concludeMissing(
  missing: readonly Missing[],
  {
    erased,
    prunings,
  }: { readonly erased: ReadonlyMap<string, Erased>; readonly prunings: Prunings },
  report: Report,
): ReadonlySet<BlobId> {
  const unexplained = new Set<BlobId>();
  for (const { id, seq } of missing) {
    const by = erased.get(id);
    if (by === undefined && !prunings.allows(seq)) {
      unexplained.add(id);
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

function concludeHeld(held: readonly Held[], report: Report): void {
  const open = new Map<RunId | null, { readonly index: number | null; count: number }>();
  for (const { finding, run } of held) {
    const known = open.get(run) ?? { index: finding.index, count: 0 };
    known.count += 1;
    open.set(run, known);
  }
  for (const [run, { index, count }] of open) {
    const message = `content of run ${run} was erased: ${count === 1 ? 'one thing' : `${count} things`} could not be judged from here on`;
    report({ verdict: 'authorization', code: 'W_REDACTED', index, message });
  }
}
