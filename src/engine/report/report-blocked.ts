import type { RequestRecord, RunState } from '../../run/state.ts';
import type { StepStatus } from '../../runbook/step-status.ts';
import type { Engine } from '../engine.ts';
import { type Blocked, whyBlocked } from '../replicate/why-blocked.ts';

/**
 * Why a step that only has to begin does not: the copies of the journal, by what they said last. Null where
 * the run waits for anything else.
 */
export async function reportBlocked(
  engine: Engine,
  state: RunState,
  steps: readonly {
    readonly status: StepStatus;
    /** What it only has to claim. */
    readonly granted: RequestRecord | null;
  }[],
): Promise<Blocked | null> {
  const waiting = steps.filter(({ status }) => status === 'waiting');
  const [request = null] = waiting.map(({ granted }) => granted);
  const isDue = waiting.every(({ granted }) => granted !== null);
  return state.finished !== null || state.cancel !== null || request === null || !isDue
    ? null
    : whyBlocked(engine, request.content.limits.remote ?? null);
}
