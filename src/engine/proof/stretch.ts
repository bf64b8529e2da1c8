import type { RequestId, RunId } from '../../base/ids.ts';
import { appendLeaf, rootOfPeaks } from '../../journal/merkle.ts';
import { dealtWith } from '../../run/dealings.ts';
import { isAboutDebt } from '../../run/debts.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import { appendHash, appendHashes, emptyHashList, type HashList, hashAt } from './hash-list.ts';
import { joinPruned, nonePruned, notePruned, type Pruned } from './pruned-leaves.ts';
import { readLeaves, type StoredLeaf } from './read-leaves.ts';

/** A contiguous part of the log, without its entries: about 100 bytes for each. */
export interface Stretch {
  /** The first entry. */
  readonly from: number;
  /** Leaf hashes. */
  readonly hashes: HashList;
  /** `roots[i]` is the root of the log with `from + i + 1` entries. */
  readonly roots: HashList;
  /** Which entries are a run's, by the leaves' own word. */
  readonly runs: Map<RunId, number[]>;
  /** Starts under a request and revocations of it, in whichever run. */
  readonly dealings: Map<RequestId, number[]>;
  /** Starts under break-glass and reviews of them, in whichever run. */
  readonly debts: number[];
  readonly pruned: Pruned;
  /** The root of the log before it. */
  readonly before: Buffer;
  /** What the tree is made of after it. */
  peaks: readonly Buffer[];
}

const batch = 1000;

/** Reads and hashes entries `from <= seq < to`, on top of `peaks`. Proven is only what leads to a signed root. */
export async function readStretch(
  store: Store,
  { from, to }: { readonly from: number; readonly to: number },
  peaks: readonly Buffer[],
): Promise<Stretch> {
  const stretch: Stretch = {
    from,
    hashes: emptyHashList(),
    roots: emptyHashList(),
    runs: new Map(),
    dealings: new Map(),
    debts: [],
    pruned: nonePruned(),
    before: rootOfPeaks(peaks),
    peaks,
  };
  for (let start = from; start < to; start += batch) {
    for (const leaf of await readLeaves(store, start, Math.min(start + batch, to))) {
      addLeaf(stretch, leaf);
    }
  }
  return stretch;
}

function addLeaf(stretch: Stretch, leaf: StoredLeaf): void {
  const entry = leaf.kind === 'entry' ? recordedOf(leaf) : null;
  const hash = Buffer.from(leaf.kind === 'pruned' ? leaf.hash : (entry?.hash ?? ''), 'hex');
  stretch.peaks = appendLeaf(leaf.seq, stretch.peaks, hash);
  appendHash(stretch.hashes, hash);
  appendHash(stretch.roots, rootOfPeaks(stretch.peaks));
  if (entry === null) {
    stretch.pruned.unchecked.push(leaf.seq);
  } else {
    notePruned(stretch.pruned, entry);
    noteEntry(stretch, entry);
  }
}

function noteEntry(stretch: Stretch, { seq, run, event }: Recorded): void {
  if (run !== null) {
    note(stretch.runs, run, [seq]);
  }
  const request = dealtWith(event);
  if (request !== null) {
    note(stretch.dealings, request, [seq]);
  }
  if (isAboutDebt(event)) {
    stretch.debts.push(seq);
  }
}

/** Puts `later` behind the stretch that ends where it begins. */
export function extend(stretch: Stretch, later: Stretch): void {
  appendHashes(stretch.hashes, later.hashes);
  appendHashes(stretch.roots, later.roots);
  for (const [run, seqs] of later.runs) {
    note(stretch.runs, run, seqs);
  }
  for (const [request, seqs] of later.dealings) {
    note(stretch.dealings, request, seqs);
  }
  for (const seq of later.debts) {
    stretch.debts.push(seq);
  }
  joinPruned(stretch.pruned, later.pruned);
  stretch.peaks = later.peaks;
}

/** How many entries the log has at its end. */
export function sizeAfter({ from, hashes }: Stretch): number {
  return from + hashes.length;
}

export function leafAt({ from, hashes }: Stretch, seq: number): Buffer | null {
  return hashAt(hashes, seq - from);
}

/** The root of the log when it had `size` entries; null where that is not after an entry of the stretch. */
export function rootAfter({ from, roots }: Stretch, size: number): Buffer | null {
  return hashAt(roots, size - from - 1);
}

function note<Id>(places: Map<Id, number[]>, id: Id, seqs: readonly number[]): void {
  const known = places.get(id);
  if (known === undefined) {
    places.set(id, [...seqs]);
    return;
  }
  for (const seq of seqs) {
    known.push(seq);
  }
}
