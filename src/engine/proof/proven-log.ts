import { IntegrityError } from '../../base/errors.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import { type Checkpoint, openNote } from '../../journal/checkpoint.ts';
import { keyAt } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Head, Store } from '../../store/store.ts';
import { neighbours } from './neighbours.ts';
import { checkPruned, refusePart } from './pruned-leaves.ts';
import { readLeaves } from './read-leaves.ts';
import { extend, leafAt, readStretch, rootAfter, type Stretch, sizeAfter } from './stretch.ts';

/** Entries of one run, as they stand under the signed head. */
export interface ProvenEntries {
  readonly head: Head;
  readonly entries: readonly Recorded[];
  /** Starts under the request that was asked about and revocations of it, in whichever run since this one began. */
  readonly dealings: readonly Recorded[];
  /** Root of the log when it had `size` entries; null where this process has not proven so far back. */
  readonly rootAt: (size: number) => Buffer | null;
}

/**
 * What this process has proven of a journal. An entry is read and hashed into the signed head once; after
 * that its hash is remembered, and whoever reads it again holds it against that. A head that is smaller,
 * or that does not follow from what was proven, is refused: it is more than the next process could say.
 */
export class ProvenLog {
  readonly #store: Store;
  #proven: Stretch | null = null;
  /** One at a time: a head that was read before another was proven would look like a rollback. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Throws IntegrityError `E_STH_SIG`, `E_FORK`, `E_ROLLBACK`, UsageError `run_unknown`. */
  prove(run: RunId, request: RequestId | null = null): Promise<ProvenEntries> {
    const proven = this.#last.then(() => this.#prove(run, request));
    this.#last = proven.catch(() => undefined);
    return proven;
  }

  /** All starts under break-glass and reviews of them since the journal began. Throws as `prove`. */
  proveDebts(): Promise<readonly Recorded[]> {
    const proven = this.#last.then(() => this.#proveDebts());
    this.#last = proven.catch(() => undefined);
    return proven;
  }

  /** Base64 root of the log when it had `size` entries; null where it never had. Throws as `prove`. */
  proveRoot(size: number): Promise<{ readonly head: Head; readonly root: string | null }> {
    const proven = this.#last.then(() => this.#proveRoot(size));
    this.#last = proven.catch(() => undefined);
    return proven;
  }

  async #proveDebts(): Promise<readonly Recorded[]> {
    const { checkpoint } = await this.#head();
    const stretch = await this.#cover(0, checkpoint);
    return this.#read(stretch, stretch.debts);
  }

  async #proveRoot(size: number): Promise<{ readonly head: Head; readonly root: string | null }> {
    const { head, checkpoint } = await this.#head();
    if (size < 1 || size > head.size) {
      return { head, root: null };
    }
    const root = rootAfter(await this.#cover(size - 1, checkpoint), size);
    return { head, root: root?.toString('base64') ?? null };
  }

  async #head(): Promise<{ readonly head: Head; readonly checkpoint: Checkpoint }> {
    const head = await this.#store.head();
    const key = keyAt(await this.#store.keys(), head.size);
    return { head, checkpoint: openNote(head.note, [key]).checkpoint };
  }

  async #prove(run: RunId, request: RequestId | null): Promise<ProvenEntries> {
    const store = this.#store;
    const { head, checkpoint } = await this.#head();
    const [indexed] = await store.loadRun(run);
    const stretch = await this.#cover(indexed?.seq ?? 0, checkpoint);
    const dealings = request === null ? [] : (stretch.dealings.get(request) ?? []);
    const entries = await this.#read(stretch, stretch.runs.get(run) ?? []);
    if (entries.length > 0) {
      refusePart(stretch.pruned, run);
    }
    return {
      head,
      entries,
      dealings: await this.#read(stretch, dealings),
      rootAt: (size) => (size > head.size ? null : rootAfter(stretch, size)),
    };
  }

  /** Makes the proven stretch reach from `first` to the signed head. */
  async #cover(first: number, { size, root }: Checkpoint): Promise<Stretch> {
    const known =
      this.#proven ??
      (await readStretch(this.#store, { from: first, to: first }, await this.#store.peaks(first)));
    const end = sizeAfter(known);
    if (this.#proven !== null && size < end) {
      throw new IntegrityError({
        code: 'E_ROLLBACK',
        message: `the journal had ${end} entries, and its signed head now says ${size}`,
        hint: 'it was put back to an older state: run `runbook audit verify`',
      });
    }
    const later = await readStretch(this.#store, { from: end, to: size }, known.peaks);
    if (!rootOfPeaks(later.peaks).equals(root)) {
      throw fork(end, size);
    }
    extend(known, later);
    this.#proven = known;
    checkPruned(known.pruned);
    return first < known.from ? this.#reachBack(known, first) : known;
  }

  /** What came before needs no head of its own: it leads to where the proven stretch begins, or it is another. */
  async #reachBack(known: Stretch, first: number): Promise<Stretch> {
    const peaks = await this.#store.peaks(first);
    const earlier = await readStretch(this.#store, { from: first, to: known.from }, peaks);
    if (!rootOfPeaks(earlier.peaks).equals(known.before)) {
      throw fork(first, known.from);
    }
    extend(earlier, known);
    this.#proven = earlier;
    checkPruned(earlier.pruned);
    return earlier;
  }

  /** What was pruned since it was proven is left out: its hash still stands where it stood. */
  async #read(stretch: Stretch, seqs: readonly number[]): Promise<readonly Recorded[]> {
    const entries: Recorded[] = [];
    const found = new Map<number, string>();
    for (const { from, to } of neighbours(seqs)) {
      for (const leaf of await readLeaves(this.#store, from, to)) {
        const entry = leaf.kind === 'entry' ? recordedOf(leaf) : null;
        found.set(leaf.seq, leaf.kind === 'pruned' ? leaf.hash : (entry?.hash ?? ''));
        entries.push(...(entry === null ? [] : [entry]));
        stretch.pruned.unchecked.push(...(entry === null ? [leaf.seq] : []));
      }
    }
    checkPruned(stretch.pruned);
    const changed = seqs.find((seq) => found.get(seq) !== leafAt(stretch, seq)?.toString('hex'));
    if (changed !== undefined) {
      throw fork(changed, changed + 1);
    }
    return entries;
  }
}

/** The one of this process for a store that is open. */
export function provenLogOf(store: Store): ProvenLog {
  const known = logs.get(store) ?? new ProvenLog(store);
  logs.set(store, known);
  return known;
}

/** Remembered with the store itself: whoever opens it anew proves anew. */
const logs = new WeakMap<Store, ProvenLog>();

function fork(from: number, to: number): IntegrityError {
  return new IntegrityError({
    code: 'E_FORK',
    message: `entries ${from} to ${to - 1} are not the ones under the signed head`,
    hint: 'the journal was changed by hand: run `runbook audit verify`',
  });
}
