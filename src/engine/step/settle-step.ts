import { HeldError, RunbookError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import { findProcesses } from '../../base/process.ts';
import type { Event, StepFinished, StepResolved, StepStarted } from '../../run/events.ts';
import type { Due } from '../../run/next.ts';
import type { Attempt } from '../../run/state.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, decodeCommand } from '../../runbook/digest.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import { renderStep } from '../../runbook/render.ts';
import type { Session } from '../session.ts';
import { stepEventId } from './attempt-events.ts';
import { judgeAction, measures, resultScope } from './execute-step.ts';
import { scopeOf } from './scope.ts';
import { type Execution, startWith } from './start-attempt.ts';

/**
 * A step had started and no finish is recorded: its process died, or ours did. As long as a process with
 * its RUNBOOK_ATTEMPT lives it is running, not unknown. Throws HeldError `step_still_running`.
 */
export async function settleStep(
  session: Session,
  due: Extract<Due, { kind: 'settle' }>,
): Promise<void> {
  const { step, attempt } = due;
  const cancelled = session.state.cancel !== null;
  if (!cancelled) {
    refuseRunning(due);
  }
  // A cancelled run must come to its end, whatever a step left behind: what still runs is said.
  const pids = cancelled ? survivorsOf(due) : [];
  const why =
    pids.length > 0
      ? `cancelled while process ${pids.join(', ')} of it still ran`
      : 'the process that ran it is gone';
  await session.commit(
    `unknown.${step.id}.${attempt.attempt}`,
    [
      {
        type: 'step.unknown',
        data: { step: step.id, attempt: attempt.attempt, why },
      },
    ],
    { closing: true },
  );
}

type Started = Pick<Due & { kind: 'settle' }, 'step' | 'attempt'>;

function survivorsOf({ attempt }: Started): readonly number[] {
  return attempt.started === null ? [] : findProcesses(attempt.started.data.token);
}

function refuseRunning({ step, attempt }: Started): void {
  const pids = survivorsOf({ step, attempt });
  if (pids.length > 0) {
    throw new HeldError({
      code: 'step_still_running',
      message: `step \`${step.id}\` still runs, as process ${pids.join(', ')}`,
      hint: 'wait for it or end it, then `runbook resume` again',
    });
  }
}

/**
 * What can be said of an unknown outcome without a person: the step's own read-only probe may find that
 * it succeeded; `idempotent: true` allows another attempt, which needs a grant's use like any other.
 * False where only a person can say. Throws HeldError `step_still_running` where it could not be ended.
 */
export async function settleUnknown(
  session: Session,
  due: Extract<Due, { kind: 'unknown' }>,
  signal: AbortSignal,
): Promise<boolean> {
  const { step, attempt } = due;
  refuseRunning(due);
  if (step.check !== null && !session.probed.has(step.id)) {
    const holds = await probe(session, { step, attempt, signal });
    if (!holds) {
      session.probed.add(step.id);
      return true;
    }
    await resolve(session, due, {
      outcome: 'succeeded',
      by: 'check',
      reason: 'its `check` holds',
    });
    return true;
  }
  if (step.idempotent) {
    await resolve(session, due, {
      outcome: 'retry',
      by: 'idempotent',
      reason: 'the step is `idempotent`',
    });
    return true;
  }
  return false;
}

async function resolve(
  session: Session,
  { step, attempt }: Extract<Due, { kind: 'unknown' }>,
  how: Pick<StepResolved, 'outcome' | 'by' | 'reason'>,
): Promise<void> {
  const data: StepResolved = {
    step: step.id,
    attempt: attempt.attempt,
    ...how,
    link: null,
    statement: null,
    signature: null,
  };
  await session.commit(`resolve.${step.id}.${attempt.attempt}`, [{ type: 'step.resolved', data }], {
    closing: true,
  });
}

/** Runs the probe that was bound in the step's own command; a probe that cannot run says nothing. */
async function probe(
  session: Session,
  of: { readonly step: PlannedStep; readonly attempt: Attempt; readonly signal: AbortSignal },
): Promise<boolean> {
  const { step, attempt } = of;
  const command = await probeCommand(session, step, attempt);
  if (command === null) {
    return false;
  }
  const data: StepStarted = {
    step: `${step.id}/check`,
    attempt: (session.state.steps.get(step.id)?.probes ?? 0) + 1,
    digest: commandDigest(command),
    command: null,
    token: newNonce(),
    permit: { kind: 'check', of: attempt.started?.data.digest ?? commandDigest(command) },
  };
  const begun = await startWith(session, {
    due: { step, attempt: data.attempt },
    command,
    data,
    events: [{ type: 'step.started', data }],
  });
  return begun.kind === 'run' && (await runProbe(session, begun.execution, of.signal));
}

async function runProbe(
  session: Session,
  { step, attempt, command, permit }: Execution,
  signal: AbortSignal,
): Promise<boolean> {
  const name = `${step.id}/check`;
  const result = await session.engine.actions.start(
    { permit, command },
    {
      secrets: session.secrets,
      output: (stream, chunk) => {
        session.listener.output(name, stream, chunk);
      },
      signal,
      graceMs: session.engine.graceMs,
      hosts: session.plan.environment.hosts,
    },
  );
  const failure = judgeAction(result, {
    // The expectation that reviewers saw: it is bound in the command.
    expect: command.expect ?? step.expect,
    timeoutMs: command.timeout_ms,
    scope: await resultScope(session, step),
  });
  const finished: StepFinished = {
    step: name,
    attempt,
    outcome: failure.failure === null ? 'succeeded' : 'failed',
    ...failure,
    ...measures(result),
    stdout: null,
    stderr: null,
    outputs: null,
    secret_outputs: {},
  };
  const event: Event = { type: 'step.finished', data: finished };
  while ((await session.commit(stepEventId(event), [event], { closing: true })) === null) {
    // On top of theirs: what the probe found is so whatever they committed.
  }
  return failure.failure === null;
}

/** The probe as it was approved with its step; of an unapproved step, as it renders now to the same digest. */
async function probeCommand(
  session: Session,
  step: PlannedStep,
  attempt: Attempt,
): Promise<Command | null> {
  const started = attempt.started?.data;
  try {
    const command = started?.command
      ? decodeCommand((await session.engine.store.getBlob(started.command)).bytes)
      : session.engine.actions.bind(
          renderStep(session.plan, step, await scopeOf(session, null)),
          false,
        );
    return commandDigest(command) === started?.digest ? command.check : null;
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}
