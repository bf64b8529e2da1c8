import { refusalFor } from '../../approval/people/refusal.ts';
import type { Permit } from '../../approval/permit.ts';
import { UsageError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { Event, StepFinished, StepStarted } from '../../run/events.ts';
import { caseOf, judgeStep } from '../../run/judge.ts';
import type { Due } from '../../run/next.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, encodeCommand, secretsOf } from '../../runbook/digest.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import { evaluateIf, renderStep } from '../../runbook/render.ts';
import type { CommitInput } from '../../store/store.ts';
import { listsOf } from '../ask-lists.ts';
import { heldUp } from '../break-glass/hold-up.ts';
import { meansOf } from '../decision/means-of.ts';
import { findLoan, type Lent } from '../grant/find-loan.ts';
import type { Session } from '../session.ts';
import { requestApproval, whyNobody } from './request-approval.ts';
import { scopeOf } from './scope.ts';

/** A spawn that is recorded and may happen now, once. */
export interface Execution {
  readonly step: PlannedStep;
  readonly attempt: number;
  readonly command: Command;
  readonly permit: Permit;
}

/** What became of a due attempt: it runs, or something was recorded and the loop decides again. */
export type Begun =
  | { readonly kind: 'run'; readonly execution: Execution }
  | { readonly kind: 'again' };

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

/** What policy says of the step now. */
export function judgeNow(session: Session, step: PlannedStep): Verdict {
  const { engine, inForce, state, plan } = session;
  return judgeStep(inForce.rules, caseOf(state, plan, step), {
    nowMs: session.nowMs(),
    lists: listsOf(engine, inForce.rules),
  });
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
  const refusal = await whyNot(session, verdict);
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
  return startWith(session, { due, command, data, events, guards: lent.guards });
}

/** Why asking would be in vain; null where somebody could approve. */
export async function whyNot(
  session: Session,
  verdict: Extract<Verdict, { kind: 'ask' }>,
): Promise<string | null> {
  const { people } = session.inForce.rules;
  const { initiator, started } = session.state;
  const served = started.via === 'api';
  const means = await meansOf(session.engine, { people, initiator, served });
  return refusalFor(people, initiator.chain)?.message ?? whyNobody(verdict, { people, means });
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

/** Commits `step.started` and answers the permit that it makes. Durable before anything is spawned. */
export async function startWith(
  session: Session,
  of: {
    readonly due: { readonly step: PlannedStep; readonly attempt: number };
    readonly command: Command;
    readonly data: StepStarted;
    readonly events: readonly Event[];
    readonly beforeMs?: number;
    readonly guards?: CommitInput['guards'];
  },
): Promise<Begun> {
  const { due, command, data, events } = of;
  const granted = data.permit.kind === 'grant';
  const scope = data.permit.kind === 'grant' ? data.permit.break_glass : undefined;
  const committed = await session.commit(`start.${data.step}.${data.attempt}`, events, {
    guards: {
      config: session.inForce.rules.config,
      ...(granted ? { steadyClock: true } : {}),
      ...(scope === undefined ? {} : { noDebt: scope }),
      ...(of.beforeMs === undefined ? {} : { beforeMs: of.beforeMs }),
      ...of.guards,
    },
  });
  if (committed === null || committed.duplicate) {
    // A duplicate is the start of whoever else drives this run: the spawn is theirs, and there is only one.
    return again;
  }
  const basis: Permit['basis'] =
    data.permit.kind === 'grant'
      ? { kind: 'grant', request: data.permit.request, use: data.permit.use }
      : data.permit.kind === 'check'
        ? { kind: 'check', of: data.permit.of }
        : { kind: 'policy' };
  const permit: Permit = {
    digest: data.digest,
    started: committed.first + events.length - 1,
    attemptToken: data.token,
    basis,
  };
  return { kind: 'run', execution: { step: due.step, attempt: due.attempt, command, permit } };
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

async function record(session: Session, carry: Event | null, event: Event): Promise<Begun> {
  const id = carry === null ? stepEventId(event) : `${stepEventId(carry)}+`;
  await session.commit(id, carry === null ? [event] : [carry, event], { closing: true });
  return again;
}

/** The command id of a step's event: once per attempt, whoever commits it. */
export function stepEventId(event: Event): string {
  const { data } = event;
  const step = 'step' in data ? data.step : '';
  const attempt = 'attempt' in data ? data.attempt : 0;
  return `${event.type}.${step}.${attempt}`;
}
