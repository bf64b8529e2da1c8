import { UsageError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { Event, StepStarted } from '../../run/events.ts';
import type { Due } from '../../run/next.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, encodeCommand } from '../../runbook/digest.ts';
import { evaluateIf, renderStep } from '../../runbook/render.ts';
import { heldUp } from '../break-glass/hold-up.ts';
import { findLoan, type Lent } from '../grant/find-loan.ts';
import type { Session } from '../session.ts';
import { failedToStart, lostSecret, stepEventId } from './attempt-events.ts';
import { judgeNow, whyInVain } from './judge-now.ts';
import { requestApproval } from './request-approval.ts';
import { scopeOf } from './scope.ts';
import { type Begun, startWith } from './start-attempt.ts';

const again: Begun = { kind: 'again' };

/**
 * Takes a step that is due up to the point where it may run: skipped, denied, asked for, or started
 * under policy's word that it needs nobody. `carry` is the finished event of the step before; it shares
 * the commit with `step.started`, or goes first on its own.
 */
export async function beginAttempt(
  session: Session,
  due: Extract<Due, { kind: 'attempt' }>,
  carry: Event | null,
): Promise<Begun> {
  const { step } = due;
  try {
    const scope = await scopeOf(session, carry, step);
    if (step.if !== null && !evaluateIf(session.plan, step, scope)) {
      return await record(session, carry, {
        type: 'step.skipped',
        data: { step: step.id, why: '`if` is false' },
      });
    }
    const verdict = await heldUp(session, judgeNow(session, step));
    if (verdict.kind === 'none') {
      const command = session.engine.actions.bind(renderStep(session.plan, step, scope), false);
      return await startUnasked(session, { due, command, verdict, carry });
    }
    return await underPolicy(session, due, { verdict, carry });
  } catch (error) {
    if (error instanceof UsageError) {
      return record(session, carry, failedToStart(due, error));
    }
    throw error;
  }
}

async function underPolicy(
  session: Session,
  due: Extract<Due, { kind: 'attempt' }>,
  { verdict, carry }: { verdict: Exclude<Verdict, { kind: 'none' }>; carry: Event | null },
): Promise<Begun> {
  const { step } = due;
  if (carry !== null) {
    // The outcome of the step before must be durable before anybody is asked anything.
    await session.commit(stepEventId(carry), [carry], { closing: true });
    return again;
  }
  if (verdict.kind === 'deny') {
    return record(session, null, {
      type: 'step.denied',
      data: { step: step.id, evaluation: verdict.evaluation, reasons: verdict.reasons },
    });
  }
  if (!due.mayAsk) {
    return record(session, null, {
      type: 'step.skipped',
      data: { step: step.id, why: 'it needs approval, and the run was ended by a no' },
    });
  }
  const refusal = await whyInVain(session, verdict);
  if (refusal !== null) {
    return record(session, null, {
      type: 'step.denied',
      data: {
        step: step.id,
        evaluation: verdict.evaluation,
        reasons: [{ rule: 'floor', reason: refusal }],
      },
    });
  }
  const scope = await scopeOf(session, null, step);
  const command = session.engine.actions.bind(renderStep(session.plan, step, scope), true);
  const lent = await findLoan(session, { step, command, verdict });
  if (lent !== null) {
    return startLent(session, { due, command, lent });
  }
  await requestApproval(session, { due, command, verdict, supersedes: null });
  return again;
}

/** Under the approval of another run, which holds for this start, too. */
async function startLent(
  session: Session,
  of: {
    readonly due: Extract<Due, { kind: 'attempt' }>;
    readonly command: Command;
    readonly lent: Lent;
  },
): Promise<Begun> {
  const { due, command, lent } = of;
  const data: StepStarted = {
    step: due.step.id,
    attempt: due.attempt,
    digest: commandDigest(command),
    command: await session.engine.store.putBlob(encodeCommand(command)),
    token: newNonce(),
    permit: lent.permit,
  };
  const events: Event[] = [{ type: 'step.started', data }];
  const { guards, remote } = lent;
  return startWith(session, { due, command, data, events, guards, remote });
}

async function startUnasked(
  session: Session,
  of: {
    readonly due: Extract<Due, { kind: 'attempt' }>;
    readonly command: Command;
    readonly verdict: Extract<Verdict, { kind: 'none' }>;
    readonly carry: Event | null;
  },
): Promise<Begun> {
  const { due, command, verdict, carry } = of;
  const lost = lostSecret(session, command);
  if (lost !== null) {
    return record(session, carry, lost(due));
  }
  const data: StepStarted = {
    step: due.step.id,
    attempt: due.attempt,
    digest: commandDigest(command),
    command: null,
    token: newNonce(),
    permit: { kind: 'policy', evaluation: verdict.evaluation },
  };
  const events: Event[] = [{ type: 'step.started', data }];
  return startWith(session, {
    due,
    command,
    data,
    events: carry === null ? events : [carry, ...events],
  });
}

async function record(session: Session, carry: Event | null, event: Event): Promise<Begun> {
  const id = carry === null ? stepEventId(event) : `${stepEventId(carry)}+`;
  await session.commit(id, carry === null ? [event] : [carry, event], { closing: true });
  return again;
}
