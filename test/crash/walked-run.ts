import { encodeStatement } from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newRunId, type RequestId } from '../../src/base/ids.ts';
import { activityOf } from '../../src/run/activity.ts';
import type { Event, Recorded } from '../../src/run/events.ts';
import { tallyRequest } from '../../src/run/judge.ts';
import type { Now } from '../../src/run/next.ts';
import { apply, foldRun, type RunState } from '../../src/run/state.ts';
import type { Plan } from '../../src/runbook/plan.ts';
import { aPerson, aSlot, byAna } from '../approval/builders.ts';
import { planOf } from '../runbook/builders.ts';
import { approvalRequested, decided, runStarted, stepFinished } from '../support/some-events.ts';

/** One run as pure values: a plan with every kind of list, four people, and an entry a second. */
export const { plan } = planOf(`
name: walked
preconditions:
  - { id: allowed, run: "true" }
steps:
  - { id: look, run: "true", continue_on_error: true }
  - { id: restart, privileged: true, run: "true", retry: { attempts: 3, delay: 1s } }
  - { id: verify, run: "true" }
finally:
  - { id: tidy, run: "true" }
  - { id: report, privileged: true, run: "true" }
`);
export const together: Plan = { ...plan, approvals: 'together' };
export const ids = ['allowed', 'look', 'restart', 'verify', 'tidy', 'report'];
export const privileged = new Set(['restart', 'report']);
const people = {
  people: ['ana', 'bo', 'cy', 'di'].map((name) =>
    aPerson(name, name === 'ana' ? { osUsers: ['ana@web1'] } : {}),
  ),
};
const run = newRunId();
const beganMs = Date.parse('2026-01-02T03:04:05.678Z');

export function begin(): RunState {
  const steps = ids.map((id) => ({
    id,
    list: 'steps' as const,
    privileged: privileged.has(id),
  }));
  return foldRun([record(0, runStarted({ steps, initiator: byAna }))]);
}

/** Entry after entry, a second apart. */
export function record(seq: number, event: Event): Recorded {
  const time = new Date(beganMs + seq * 1000).toISOString();
  return { seq, time, run, event, hash: sha256(`${seq}`) };
}

export const fold = (events: readonly Event[]): RunState =>
  events.reduce((state, event) => apply(state, record(state.version, event)), begin());

/** The moment right after the last entry. */
export function nowOf(state: RunState, hurry = false): Now {
  const nowMs = beganMs + (state.version - 1) * 1000;
  return {
    nowMs,
    hurry,
    apart: [...state.requests.values()].some(({ closed }) => closed === null),
    judge: (request) =>
      tallyRequest(request, {
        people,
        initiator: state.initiator,
        nowMs,
        ...activityOf(state, request),
      }),
  };
}

export function requested(step: string, request: RequestId): Event {
  const event = approvalRequested(run, request);
  if (event.type !== 'approval.requested') {
    return event;
  }
  const slots = [aSlot('peers', ['bo', 'cy', 'di'], { count: 2 })];
  const policy = { ...event.data.policy, slots };
  const grant = { uses: step === 'restart' ? 3 : 1 };
  const commands = event.data.commands.map((command) => ({ ...command, step }));
  return { type: event.type, data: { ...event.data, step, commands, policy, grant } };
}

/** One decision for both privileged steps. */
export function requestedTogether(request: RequestId): Event {
  const event = requested('restart', request);
  if (event.type !== 'approval.requested') {
    return event;
  }
  const commands = event.data.commands.flatMap((command) => [
    { ...command, uses: 3 },
    { ...command, step: 'report', uses: 1 },
  ]);
  return { type: event.type, data: { ...event.data, commands, grant: { uses: 4 } } };
}

export function decision(
  request: RequestId,
  person: string,
  choice: 'approve' | 'reject' | 'revoke',
): Event {
  const log = { origin: 'test', size: 1_000_000, root: Buffer.alloc(32).toString('base64') };
  const statement = encodeStatement({
    v: 1,
    decision: choice,
    request: sha256(request),
    commands: [sha256('x')],
    environment: 'prod',
    policy_digest: sha256(''),
    slots: ['peers'],
    reason: choice === 'approve' ? null : 'because',
    person,
    time: new Date(beganMs).toISOString(),
    nonce: '0'.repeat(32),
    log,
  });
  const event = decided(request, choice, statement);
  return event.type === 'approval.decided'
    ? { type: event.type, data: { ...event.data, person } }
    : event;
}

export function finished(step: string, attempt: number, outcome: 'succeeded' | 'failed'): Event {
  const event = stepFinished({ step, attempt });
  if (event.type !== 'step.finished' || outcome === 'succeeded') {
    return event;
  }
  return { type: event.type, data: { ...event.data, outcome, failure: 'exit', exit_code: 1 } };
}

export function resolved(
  step: string,
  attempt: number,
  outcome: 'succeeded' | 'failed' | 'retry',
): Event {
  const nobody = { link: null, statement: null, signature: null };
  const data = { step, attempt, outcome, by: 'person' as const, reason: 'looked', ...nobody };
  return { type: 'step.resolved', data };
}

export const unknown = (step: string, attempt: number): Event => ({
  type: 'step.unknown',
  data: { step, attempt, why: 'gone' },
});
export const cancelled: Event = {
  type: 'run.cancel_requested',
  data: { by: { role: 'caller', identity: 'os:ana@web1', person: 'ana' }, reason: null },
};
export const resumed: Event = { type: 'run.resumed', data: { links: [] } };
