import type { StepFinished } from './events.ts';
import type { ManualAsked, ManualDone } from './manual-events.ts';
import type { Attempt, StepRecord } from './state.ts';

/** The step once a person was asked to do it. */
export function askedOf(step: StepRecord, data: ManualAsked, time: string): StepRecord {
  const attempt: Attempt = {
    attempt: data.attempt,
    asked: { data, time },
    started: null,
    finished: null,
    unknown: null,
    resolved: null,
  };
  return { ...step, attempts: [...step.attempts, attempt] };
}

/** The step once they said how it went; what was not asked, or had ended, stays as it is. */
export function answered(step: StepRecord, data: ManualDone, time: string): StepRecord {
  return {
    ...step,
    attempts: step.attempts.map((attempt) =>
      attempt.attempt === data.attempt && attempt.asked !== undefined && attempt.finished === null
        ? {
            ...attempt,
            doneBy: data.by,
            finished: { data: finishedBy(data, attempt.asked.time, time), time },
          }
        : attempt,
    ),
  };
}

/** Their word in the form that the end of every other step has. */
function finishedBy(data: ManualDone, asked: string, time: string): StepFinished {
  return {
    step: data.step,
    attempt: data.attempt,
    outcome: data.outcome,
    reason: data.note,
    failure: null,
    exit_code: null,
    signal: null,
    status: null,
    duration_ms: Math.max(0, Date.parse(time) - Date.parse(asked)),
    stdout: null,
    stderr: null,
    outputs: data.outputs,
    secret_outputs: {},
  };
}

/** When a step that waits for a person gives up; null where it waits for ever. */
export function waitsUntil(attempt: Attempt, waitMs: number | null): number | null {
  return attempt.asked === undefined || waitMs === null
    ? null
    : Date.parse(attempt.asked.time) + waitMs;
}
