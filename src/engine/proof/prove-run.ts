import { IntegrityError } from '../../base/errors.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import { foldRun, type RunState } from '../../run/state.ts';
import type { Head } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { provenLogOf } from './proven-log.ts';

/** A run's entries, proven to be exactly those that stand under the signed head. */
export interface ProvenRun {
  readonly state: RunState;
  readonly entries: readonly Recorded[];
  /** Starts under the request that was asked about and revocations of it, in whichever run. */
  readonly dealings: readonly Recorded[];
  readonly head: Head;
  /** Base64 root of the log when it had `size` entries; null before the run's first entry. */
  readonly rootAt: (size: number) => string | null;
}

/**
 * Holds every entry since the run began against the signed head; those that this process has held against
 * an earlier one are not read again, but for the run's own. An index may lie about which entries are the
 * run's (a row inserted, a rejection hidden under another run); the leaves themselves cannot. Throws
 * IntegrityError `E_STH_SIG`, `E_FORK`, `E_ROLLBACK`, `run_unproven`.
 */
export async function proveRun(
  engine: Engine,
  run: RunId,
  request: RequestId | null = null,
): Promise<ProvenRun> {
  const { head, entries, dealings, rootAt } = await provenLogOf(engine.store).prove(run, request);
  const [first] = entries;
  if (first?.event.type !== 'run.started') {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `run \`${run}\` does not begin where the index says`,
      hint: 'run `runbook journal rebuild`, then `runbook audit verify`',
    });
  }
  return {
    state: foldRun(entries),
    entries,
    dealings,
    head,
    rootAt: (size) => (size > first.seq ? (rootAt(size)?.toString('base64') ?? null) : null),
  };
}
