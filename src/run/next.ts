import type { Tally } from '../approval/tally.ts';
import type { Plan, PlannedStep } from '../runbook/plan.ts';
import type { Expired, RunFinished } from './events.ts';
import { standingOf } from './standing.ts';
import type { Attempt, RequestRecord, RunState } from './state.ts';

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
  /** Nothing to do before `untilMs`. */
  | { readonly kind: 'delay'; readonly step: PlannedStep; readonly untilMs: number }
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
  const body = state.cancel === null ? throughBody(state, plan, now) : ends('cancelled', 17);
  return body.kind === 'ends'
    ? throughFinally(state, plan, { ...now, ending: body.result })
    : body.due;
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
  for (const step of [...plan.preconditions, ...plan.steps]) {
    const progress = progressOf(state, step, { ...now, mayAsk: true });
    if (progress.kind !== 'through') {
      return progress;
    }
  }
  return ends('succeeded', 0);
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
  return { kind: 'skip', step, why: 'it needs approval, and the run was ended by a no' };
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
  switch (tally.kind) {
    case 'open':
    case 'revoked':
      return halts({ kind: 'await', step, request });
    case 'rejected':
      return ends('rejected', 11);
    case 'expired':
      return halts({ kind: 'expire', request, which: tally.which });
    case 'spent':
      return halts({ kind: 'attempt', step, attempt, mayAsk: true });
    case 'granted':
      return halts(
        now.nowMs < notBeforeMs
          ? { kind: 'delay', step, untilMs: notBeforeMs }
          : { kind: 'claim', step, attempt, request },
      );
  }
}
