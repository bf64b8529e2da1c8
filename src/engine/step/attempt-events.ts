import type { UsageError } from '../../base/errors.ts';
import type { Event, StepFinished } from '../../run/events.ts';
import type { Command } from '../../runbook/command.ts';
import { secretsOf } from '../../runbook/digest.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import type { Session } from '../session.ts';

/** The command id of a step's event: once per attempt, whoever commits it. */
export function stepEventId(event: Event): string {
  const { data } = event;
  const step = 'step' in data ? data.step : '';
  const attempt = 'attempt' in data ? data.attempt : 0;
  return `${event.type}.${step}.${attempt}`;
}

/** A secret output lives only in the process that made it. Null where the command has all it needs. */
export function lostSecret(
  session: Session,
  command: Command,
): ((due: { readonly step: PlannedStep; readonly attempt: number }) => Event) | null {
  const missing = secretsOf(command).find((name) => !session.secrets.has(name));
  return missing === undefined
    ? null
    : (due) =>
        notStarted(due, {
          reason: `the secret \`${missing}\` was never stored and went with the process that had it`,
          failure: 'start',
        });
}

export function failedToStart(
  due: { readonly step: PlannedStep; readonly attempt: number },
  error: UsageError,
): Event {
  const reason = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  return notStarted(due, { reason, failure: 'start' });
}

/** The end of an attempt that nothing was started for. */
export function notStarted(
  due: { readonly step: PlannedStep; readonly attempt: number },
  { reason, failure }: { readonly reason: string; readonly failure: StepFinished['failure'] },
): Event {
  const data: StepFinished = {
    step: due.step.id,
    attempt: due.attempt,
    outcome: 'failed',
    reason,
    failure,
    exit_code: null,
    signal: null,
    status: null,
    duration_ms: 0,
    stdout: null,
    stderr: null,
    outputs: null,
    secret_outputs: {},
  };
  return { type: 'step.finished', data };
}
