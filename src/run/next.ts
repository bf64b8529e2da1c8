import type { Tally } from '../approval/tally/tally.ts';
import type { Plan, PlannedStep } from '../runbook/plan.ts';
import type { Expired, RunFinished } from './events.ts';
import { waitsUntil } from './manual.ts';
import { standingOf } from './standing.ts';
import type { Attempt, RequestRecord, RunState } from './state.ts';
import { gateOf } from './together.ts';

/** What is to be done next, and nothing about how. */
export type Due =
  /** Render the step and judge it: it may be skipped, denied, started, or need a request first. */
  | {
      readonly kind: 'attempt';
      readonly step: PlannedStep;
      readonly attempt: number;
      readonly mayAsk: boolean;
    }
  /** The request is granted: claim it for this attempt. */
  | {
      readonly kind: 'claim';
      readonly step: PlannedStep;
      readonly attempt: number;
      readonly request: RequestRecord;
    }
  /** A person does it: they are told what. */
  | { readonly kind: 'ask_manual'; readonly step: PlannedStep; readonly attempt: number }
  /** They have not said yet how it went; `untilMs` null: it waits for ever. */
  | { readonly kind: 'await_manual'; readonly step: PlannedStep; readonly untilMs: number | null }
  /** They did not say so in time. */
  | { readonly kind: 'give_up'; readonly step: PlannedStep; readonly attempt: number }
  /** The run starts no earlier than `untilMs`. */
  | { readonly kind: 'scheduled'; readonly untilMs: number }
  /** Nothing to do before `untilMs`. */
  | { readonly kind: 'delay'; readonly step: PlannedStep; readonly untilMs: number }
  /** Nothing has run yet: whatever can be asked for now is. */
  | { readonly kind: 'ask_together' }
  /** A person must decide. */
  | { readonly kind: 'await'; readonly step: PlannedStep; readonly request: RequestRecord }
  /** Record that it is too late. */
  | { readonly kind: 'expire'; readonly request: RequestRecord; readonly which: Expired['which'] }
  /** Expired and recorded: whoever resumes asks anew. */
  | { readonly kind: 'expired'; readonly step: PlannedStep; readonly request: RequestRecord }
  /** A step had started, and this process did not start it: find out what became of it. */
  | { readonly kind: 'settle'; readonly step: PlannedStep; readonly attempt: Attempt }
  /** Its outcome is unknown and nothing here can tell. */
  | { readonly kind: 'unknown'; readonly step: PlannedStep; readonly attempt: Attempt }
  | { readonly kind: 'skip'; readonly step: PlannedStep; readonly why: string }
  | { readonly kind: 'finish'; readonly result: RunFinished }
  | { readonly kind: 'done'; readonly result: RunFinished };

/** What the state alone does not know. */
export interface Now {
  readonly nowMs: number;
  /** Where a request stands under the people and the chain as they are. */
  readonly judge: (request: RequestRecord) => Tally;
  /** Whoever drives it has found that nothing more can be asked for before it begins. */
  readonly apart?: boolean;
  /** Nothing more is to run, `finally` included. */
  readonly hurry: boolean;
}

/** Pure: the same entries, clock and people always say the same. */
export function next(state: RunState, plan: Plan, now: Now): Due {
  if (state.finished !== null) {
    return { kind: 'done', result: state.finished };
  }
  const running = runningStep(state, plan);
  if (running !== null) {
    return { kind: 'settle', ...running };
  }
  const startMs = startsAt(state, now.nowMs);
  if (startMs !== null) {
    return beforeStart(state, startMs, throughGate(state, plan, now));
  }
  const body = state.cancel === null ? throughBody(state, plan, now) : ends('cancelled', 17);
  return body.kind === 'ends'
    ? throughFinally(state, plan, { ...now, ending: body.result })
    : body.due;
}

/**
 * What is asked together is asked at once. Nothing has happened yet, so that after a no there is nothing for
 * `finally` to put right.
 */
function beforeStart(state: RunState, startMs: number, gate: Progress): Due {
  if (state.cancel !== null) {
    return { kind: 'finish', result: { status: 'cancelled', exit_code: 17 } };
  }
  switch (gate.kind) {
    case 'through':
      return { kind: 'scheduled', untilMs: startMs };
    case 'halts':
      return gate.due;
    case 'ends':
      return { kind: 'finish', result: gate.result };
  }
}

/** When a run that was scheduled for later may begin; null once it may. */
export function startsAt({ started }: RunState, nowMs: number): number | null {
  const startMs = started.not_before === undefined ? nowMs : Date.parse(started.not_before);
  return nowMs < startMs ? startMs : null;
}

type Progress =
  | { readonly kind: 'through' }
  | { readonly kind: 'halts'; readonly due: Due }
  | { readonly kind: 'ends'; readonly result: RunFinished };

type Stop = Exclude<Progress, { kind: 'through' }>;

const through: Progress = { kind: 'through' };

function halts(due: Due): Stop {
  return { kind: 'halts', due };
}

function ends(status: RunFinished['status'], exitCode: number): Stop {
  return { kind: 'ends', result: { status, exit_code: exitCode } };
}

function runningStep(state: RunState, plan: Plan): { step: PlannedStep; attempt: Attempt } | null {
  for (const step of [...plan.preconditions, ...plan.steps, ...plan.finally]) {
    const standing = standingOf(state, step);
    if (standing.kind === 'running') {
      return { step, attempt: standing.attempt };
    }
  }
  return null;
}

function throughBody(state: RunState, plan: Plan, now: Now): Stop {
  const gate = throughGate(state, plan, now);
  if (gate.kind !== 'through') {
    return gate;
  }
  for (const step of [...plan.preconditions, ...plan.steps]) {
    const progress = progressOf(state, step, { ...now, mayAsk: true });
    if (progress.kind !== 'through') {
      return progress;
    }
  }
  return ends('succeeded', 0);
}

/** Where approvals are asked together, nothing happens before they are given. */
function throughGate(state: RunState, plan: Plan, now: Now): Progress {
  const gate = gateOf(state, plan);
  if (gate.kind !== 'shut') {
    return gate.kind === 'open' ? through : ends('denied', 13);
  }
  for (const { step, request } of gate.asked) {
    const progress =
      request.closed === null
        ? progressOfTally(now.judge(request), { step, request })
        : halts({ kind: 'expired', step, request });
    if (progress.kind !== 'through') {
      return progress;
    }
  }
  return now.apart === true ? through : halts({ kind: 'ask_together' });
}

/** What is to be done about a request before anything can be done under it. */
function progressOfTally(
  tally: Tally,
  { step, request }: { readonly step: PlannedStep; readonly request: RequestRecord },
): Progress {
  switch (tally.kind) {
    case 'open':
    case 'revoked':
      return halts({ kind: 'await', step, request });
    case 'rejected':
      return ends('rejected', 11);
    case 'expired':
      return halts({ kind: 'expire', request, which: tally.which });
    case 'spent':
    case 'granted':
      return through;
  }
}

/**
 * `finally` runs whatever the ending. After a no (rejected, denied, cancelled) only what needs nobody's
 * approval runs: a reviewer's no is not answered with another question.
 */
function throughFinally(
  state: RunState,
  plan: Plan,
  now: Now & { readonly ending: RunFinished },
): Due {
  let result = now.ending;
  const mayAsk = result.status === 'succeeded' || result.status === 'failed';
  for (const step of now.hurry ? [] : plan.finally) {
    const progress = progressOf(state, step, { ...now, mayAsk });
    if (progress.kind === 'halts') {
      return progress.due;
    }
    if (progress.kind === 'ends' && result.status === 'succeeded') {
      result = progress.result;
    }
  }
  return { kind: 'finish', result };
}

function progressOf(
  state: RunState,
  step: PlannedStep,
  now: Now & { readonly mayAsk: boolean },
): Progress {
  const standing = standingOf(state, step);
  switch (standing.kind) {
    case 'skipped':
    case 'succeeded':
      return through;
    case 'denied':
      return ends('denied', 13);
    case 'failed':
      return step.continue_on_error ? through : ends('failed', 1);
    case 'expired':
      return now.mayAsk
        ? halts({ kind: 'expired', step, request: standing.request })
        : halts(afterNo(step));
    case 'running':
      return halts({ kind: 'settle', step, attempt: standing.attempt });
    case 'asked':
      return halts(now.mayAsk ? waitForPerson(step, standing.attempt, now.nowMs) : afterNo(step));
    case 'unknown':
      // Cancelling leaves an unknown step as it is and still runs what comes after.
      return state.cancel === null
        ? halts({ kind: 'unknown', step, attempt: standing.attempt })
        : through;
    case 'due':
      return progressOfDue(step, standing, now);
  }
}

function afterNo(step: PlannedStep): Due {
  const needs = step.action.kind === 'manual' ? 'a person' : 'approval';
  return { kind: 'skip', step, why: `it needs ${needs}, and the run was ended by a no` };
}

function waitForPerson(step: PlannedStep, attempt: Attempt, nowMs: number): Due {
  const untilMs = waitsUntil(attempt, step.action.kind === 'manual' ? step.action.wait_ms : null);
  return untilMs !== null && nowMs >= untilMs
    ? { kind: 'give_up', step, attempt: attempt.attempt }
    : { kind: 'await_manual', step, untilMs };
}

function progressOfDue(
  step: PlannedStep,
  {
    attempt,
    request,
    notBeforeMs,
  }: { attempt: number; request: RequestRecord | null; notBeforeMs: number },
  now: Now & { readonly mayAsk: boolean },
): Progress {
  if (step.action.kind === 'manual') {
    return halts(now.mayAsk ? { kind: 'ask_manual', step, attempt } : afterNo(step));
  }
  if (request === null) {
    return halts(
      now.nowMs < notBeforeMs
        ? { kind: 'delay', step, untilMs: notBeforeMs }
        : { kind: 'attempt', step, attempt, mayAsk: now.mayAsk },
    );
  }
  if (!now.mayAsk) {
    return halts(afterNo(step));
  }
  const tally = now.judge(request);
  const progress = progressOfTally(tally, { step, request });
  if (progress.kind !== 'through') {
    return progress;
  }
  if (tally.kind === 'spent') {
    return halts({ kind: 'attempt', step, attempt, mayAsk: true });
  }
  return halts(
    now.nowMs < notBeforeMs
      ? { kind: 'delay', step, untilMs: notBeforeMs }
      : { kind: 'claim', step, attempt, request },
  );
}
