import { IntegrityError } from '../base/errors.ts';
import type { RunId, Sha256 } from '../base/ids.ts';
import { openNote } from '../journal/checkpoint.ts';
import { appendLeaf, rootOfPeaks } from '../journal/merkle.ts';
import type { Recorded } from '../run/events.ts';
import { recordedOf } from '../run/recorded.ts';
import { foldRun, type RunState } from '../run/state.ts';
import type { Head } from '../store/store.ts';
import type { Engine } from './engine.ts';

/** A run's entries, proven to be exactly those that stand under the signed head. */
export interface ProvenRun {
  readonly state: RunState;
  readonly entries: readonly Recorded[];
  readonly head: Head;
  /** Base64 root of the log when it had `size` entries; null before the run's first entry. */
  readonly rootAt: (size: number) => string | null;
}

const batch = 1000;

/**
 * Reads every entry since the run began, hashes them all, and holds the result against the signed head.
 * An index may lie about which entries are the run's (a row inserted, a rejection hidden under another
 * run); the leaves themselves cannot. Throws IntegrityError `E_STH_SIG`, `E_FORK`, `run_unproven`.
 */
export async function proveRun(engine: Engine, run: RunId): Promise<ProvenRun> {
  const { store } = engine;
  const head = await store.head();
  const { checkpoint } = openNote(head.note, [{ name: store.origin, publicKey: store.publicKey }]);
  const [indexed] = await store.loadRun(run);
  const first = indexed?.seq ?? 0;
  const { entries, roots } = await readRange(engine, first, checkpoint.size);
  if (roots.at(-1) !== checkpoint.root.toString('base64')) {
    throw new IntegrityError({
      code: 'E_FORK',
      message: `entries ${first} to ${checkpoint.size - 1} are not the ones under the signed head`,
      hint: 'the journal was changed by hand: run `runbook audit verify`',
    });
  }
  const own = entries.filter((entry) => entry.run === run);
  if (own[0]?.event.type !== 'run.started') {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `run \`${run}\` does not begin where the index says`,
      hint: 'run `runbook journal rebuild`, then `runbook audit verify`',
    });
  }
  return {
    state: foldRun(own),
    entries: own,
    head,
    rootAt: (size) => roots[size - first - 1] ?? null,
  };
}

/** `roots[i]` is the root of the log with `from + i + 1` entries. */
async function readRange(
  engine: Engine,
  from: number,
  to: number,
): Promise<{ entries: readonly Recorded[]; roots: readonly string[] }> {
  const entries: Recorded[] = [];
  const roots: string[] = [];
  let peaks = await engine.store.peaks(from);
  for (let start = from; start < to; start += batch) {
    for (const stored of await engine.store.entries(start, Math.min(start + batch, to))) {
      const recorded = recordedOf(stored);
      peaks = appendLeaf(recorded.seq, peaks, hashBytes(recorded.hash));
      roots.push(rootOfPeaks(peaks).toString('base64'));
      entries.push(recorded);
    }
  }
  return { entries, roots };
}

function hashBytes(hash: Sha256): Buffer {
  return Buffer.from(hash, 'hex');
}
