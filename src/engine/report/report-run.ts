import { missingOf, type Tally } from '../../approval/tally/tally.ts';
import type { RunId } from '../../base/ids.ts';
import { describeDenial, hintOf } from '../../run/denial.ts';
import type { RunFinished, StepDenied } from '../../run/events.ts';
import { tallyInRun } from '../../run/judge.ts';
import { breaksGlass, standingReview } from '../../run/owed-review.ts';
import { standingOf } from '../../run/standing.ts';
import type { RequestRecord, RunState } from '../../run/state.ts';
import { isTogether, stepsOf } from '../../run/together.ts';
import { allSteps, type Plan, type PlannedStep } from '../../runbook/plan.ts';
import type { StepStatus } from '../../runbook/step-status.ts';
import type { Engine } from '../engine.ts';
import type { Blocked } from '../replicate/why-blocked.ts';
import type { RequestReport, RunReport, RunStatus } from '../reports.ts';
import { loadRun } from '../session.ts';
import { wordsOf } from './describe-request.ts';
import { reportBlocked } from './report-blocked.ts';
import { reportStep } from './report-step.ts';
import { reportWait } from './report-wait.ts';

/** A run as `--output json` prints it. Reads; records nothing. */
export async function reportRun(engine: Engine, run: RunId): Promise<RunReport> {
  const { state, plan } = await loadRun(engine, run);
  const judge = tallies(engine, state);
  const steps = inTurn(
    allSteps(plan).map((step) => ({
      step,
      status: statusOf(state, step, judge),
      rejection: rejectionOf(judge, step),
      granted: grantedTo(state, step, judge),
    })),
  );
  const wait = reportWait(state, plan, engine.clock.now().wallMs);
  const status = runStatus(
    state,
    steps.map((each) => each.status),
    wait,
  );
  const rejection = steps.find((each) => each.rejection !== null);
  const blocked = status === 'waiting' ? await reportBlocked(engine, state, steps) : null;
  return {
    run,
    runbook: state.started.runbook.name,
    environment: state.started.environment,
    protected: plan.environment.protected,
    status,
    terminal: state.finished !== null,
    exit_code: exitCodeOf(state, status, blocked),
    stamp: state.started.stamp,
    break_glass: state.started.break_glass ?? null,
    glass_broken: breaksGlass(state),
    overrides: state.started.overrides ?? [],
    reviews: reviewsOf(engine, state),
    steps: await Promise.all(steps.map((each) => reportStep(engine, state, each))),
    requests: openIn(state, judge),
    reason: rejection?.rejection ?? reasonOf(state, plan, wait) ?? blocked?.reason ?? null,
    ...hintFor(state),
    next: nextCommand(state, status, wait),
    ...wait,
  };
}

function reviewsOf(engine: Engine, state: RunState): RunReport['reviews'] {
  const nowMs = engine.clock.now().wallMs;
  return [...state.requests.values()].flatMap((record) => {
    const { id, step } = record.content;
    const standing = standingReview(state, record, nowMs);
    return standing === null ? [] : { request: id, words: wordsOf(record), step, ...standing };
  });
}

/** What a run that has not ended exits with, by where it stands. */
const openExitCodes: Readonly<Record<RunStatus, number>> = {
  running: 10,
  waiting: 10,
  expired: 12,
  unknown: 15,
  succeeded: 0,
  failed: 1,
  rejected: 11,
  denied: 13,
  cancelled: 17,
};

function exitCodeOf({ finished }: RunState, status: RunStatus, blocked: Blocked | null): number {
  return finished?.exit_code ?? blocked?.exit_code ?? openExitCodes[status];
}

/** What it waits for beside approvals. */
type Waits = ReturnType<typeof reportWait>;

type Judged = ReadonlyMap<string, { readonly tally: Tally; readonly report: RequestReport }>;

/** Every request that is not closed, with where it stands. */
function tallies(engine: Engine, state: RunState): Judged {
  const open = [...state.requests.values()].filter(({ closed }) => closed === null);
  if (open.length === 0) {
    return new Map();
  }
  const people = engine.trusted().people.value;
  const nowMs = engine.clock.now().wallMs;
  return new Map(
    open.map((record) => {
      const { content } = record;
      const tally = tallyInRun(state, record, { people, nowMs });
      const report: RequestReport = {
        request: content.id,
        step: content.step,
        ...stepsOf(content),
        digest: record.hash,
        words: wordsOf(record),
        expires_at: content.limits.pending_until,
        missing: missingOf(tally),
      };
      return [content.id, { tally, report }];
    }),
  );
}

function openIn({ finished }: RunState, judged: Judged): readonly RequestReport[] {
  const requests = finished === null ? [...judged.values()] : [];
  return requests.flatMap(({ tally, report }) =>
    tally.kind === 'open' || tally.kind === 'revoked' ? [report] : [],
  );
}

function statusOf(state: RunState, step: PlannedStep, judged: Judged): StepStatus {
  const standing = standingOf(state, step);
  switch (standing.kind) {
    case 'skipped':
    case 'succeeded':
    case 'running':
    case 'unknown':
    case 'expired':
    case 'denied':
      return standing.kind;
    case 'failed':
      return failedStatus(state, step);
    case 'asked':
      return state.finished === null ? 'waiting' : endedStatus(state.finished);
    case 'due':
      return dueStatus(state, standing.request, judged);
  }
}

/** A step that we ended ourselves, because the run was cancelled or interrupted, did not fail. */
function failedStatus(state: RunState, step: PlannedStep): StepStatus {
  const last = state.steps.get(step.id)?.attempts.at(-1);
  if (last?.finished?.data.failure === 'cancelled') {
    return 'cancelled';
  }
  return step.continue_on_error ? 'tolerated' : 'failed';
}

/** The request that a due step only has to claim; null where there is none. */
function grantedTo(state: RunState, step: PlannedStep, judged: Judged): RequestRecord | null {
  const standing = standingOf(state, step);
  const request = standing.kind === 'due' ? standing.request : null;
  return request !== null && judged.get(request.content.id)?.tally.kind === 'granted'
    ? request
    : null;
}

/** Of steps approved together only one waits to be gone on with, and none while something else is waited for. */
function inTurn<
  Step extends { readonly status: StepStatus; readonly granted: RequestRecord | null },
>(steps: readonly Step[]): readonly Step[] {
  const isTogetherGranted = ({ granted }: Step): boolean =>
    granted !== null && isTogether(granted.content);
  const waiting = steps.filter(({ status }) => status === 'waiting');
  const due = waiting.find((step) => !isTogetherGranted(step)) ?? waiting[0];
  return steps.map((step) =>
    isTogetherGranted(step) && step.status === 'waiting' && step !== due
      ? { ...step, status: 'pending' }
      : step,
  );
}

function dueStatus(state: RunState, request: RequestRecord | null, judged: Judged): StepStatus {
  const tally = request === null ? null : (judged.get(request.content.id)?.tally ?? null);
  if (tally?.kind === 'rejected') {
    return 'rejected';
  }
  if (state.finished !== null) {
    return endedStatus(state.finished);
  }
  if (tally?.kind === 'expired') {
    return 'expired';
  }
  return tally === null ? 'pending' : 'waiting';
}

/** What had not begun when the run ended. */
function endedStatus({ status }: RunFinished): StepStatus {
  return status === 'cancelled' ? 'cancelled' : 'skipped';
}

function runStatus(state: RunState, steps: readonly StepStatus[], { starts_at }: Waits): RunStatus {
  if (state.finished !== null) {
    return state.finished.status;
  }
  // A no that nobody has acted on yet: the run's own `finally` and its end are still to come.
  const telling = ['unknown', 'running', 'rejected', 'denied', 'waiting', 'expired'] as const;
  return (
    telling.find((status) => steps.includes(status)) ??
    (starts_at === undefined ? 'running' : 'waiting')
  );
}

/** Who said no to a step, and why; null where nobody has. */
function rejectionOf(judged: Judged, { id }: PlannedStep): string | null {
  for (const { tally, report } of judged.values()) {
    if ((report.steps ?? [report.step]).includes(id) && tally.kind === 'rejected') {
      return `rejected by ${tally.by}: ${tally.reason ?? 'no reason given'}`;
    }
  }
  return null;
}

function reasonOf(state: RunState, plan: Plan, { starts_at }: Waits): string | null {
  if (state.cancel !== null) {
    const { by, reason } = state.cancel;
    return `cancelled by ${by.identity}${reason === null ? '' : `: ${reason}`}`;
  }
  const denied = denialOf(state);
  if (denied !== null) {
    return describeDenial(denied.reasons);
  }
  if (starts_at !== undefined) {
    return `starts at ${starts_at}`;
  }
  return state.finished?.status === 'failed' ? failureOf(state, allSteps(plan)) : null;
}

function denialOf({ steps }: RunState): StepDenied | null {
  return [...steps.values()].find(({ denied }) => denied !== null)?.denied ?? null;
}

/** What may be done about a denial; empty where nothing is known to help. */
function hintFor(state: RunState): Pick<RunReport, 'hint'> {
  const hint = state.cancel === null ? hintOf(denialOf(state)?.reasons ?? []) : null;
  return hint === null ? {} : { hint };
}

function failureOf(state: RunState, steps: readonly PlannedStep[]): string | null {
  const failed = steps.find(
    (step) => !step.continue_on_error && standingOf(state, step).kind === 'failed',
  );
  const last = failed === undefined ? undefined : state.steps.get(failed.id)?.attempts.at(-1);
  return last?.resolved?.reason ?? last?.finished?.data.reason ?? null;
}

function nextCommand(state: RunState, status: RunStatus, { manual }: Waits): RunReport['next'] {
  if (state.finished !== null) {
    return null;
  }
  if (manual !== undefined) {
    const values = Object.entries(manual.ask)
      .filter(([, { required }]) => required)
      .map(([name]) => ` -o ${name}=…`);
    return { command: `runbook done ${state.run} ${manual.step}${values.join('')}` };
  }
  if (status !== 'unknown') {
    // A server goes on by itself; only asking anew takes a person.
    const follows = state.started.via === 'api' && status !== 'expired';
    return { command: `runbook ${follows ? 'wait' : 'resume'} ${state.run}` };
  }
  const step = [...state.steps.values()].find(
    ({ attempts }) => attempts.at(-1)?.unknown !== null && attempts.at(-1)?.resolved === null,
  );
  const outcome = '--outcome succeeded|failed|retry --reason TEXT';
  return { command: `runbook resolve ${state.run} ${step?.id ?? 'STEP'} ${outcome}` };
}
