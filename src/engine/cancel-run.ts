import { resolveInitiator } from '../approval/people/initiator.ts';
import { ConflictError, UsageError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import { findRun } from './find.ts';
import { findDriver } from './hold.ts';
import { refuseLong } from './refuse-long.ts';
import { loadRun } from './session.ts';

/**
 * Records that a run is to stop. Its driver obeys: the running step is ended, then `finally` runs.
 * Answers whether somebody drives it; where nobody does, the caller drives it to its end. Anybody who can
 * write the journal may cancel: stopping needs no approval. Throws UsageError `run_ended`, `reason_too_long`.
 */
export async function cancelRun(
  engine: Engine,
  name: string | null,
  reason: string | null,
): Promise<{ readonly run: RunId; readonly held: boolean }> {
  refuseLong({ reason });
  const run = await findRun(engine, name);
  const { rules } = await ensureConfig(engine);
  const { state } = await loadRun(engine, run);
  if (state.finished !== null) {
    throw new UsageError({
      code: 'run_ended',
      message: `run \`${run}\` has ended: ${state.finished.status}`,
    });
  }
  const [by] = resolveInitiator(rules.people, engine.caller).chain;
  if (state.cancel === null && by !== undefined) {
    try {
      await engine.store.commit({
        run,
        expectedVersion: state.version,
        commandId: 'cancel',
        events: [{ type: 'run.cancel_requested', data: { by, reason } }],
        closing: true,
      });
    } catch (error) {
      if (error instanceof ConflictError) {
        return cancelRun(engine, run, reason);
      }
      throw error;
    }
  }
  const driver = await findDriver(engine, { run, served: state.started.via === 'api' });
  return { run, held: driver !== null };
}
