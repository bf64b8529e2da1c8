import type { Tally } from '../approval/tally.ts';
import type { RunId } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import { lastUseMs, tallyRequest } from '../run/judge.ts';
import { standingOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { allSteps, type PlannedStep } from '../runbook/plan.ts';
import { wordsOf } from './describe-request.ts';
import type { Engine } from './engine.ts';
import { missingOf } from './record-decision.ts';
import type { RequestReport, RunReport, RunStatus, StepReport, StepStatus } from './reports.ts';
import { loadRun } from './session.ts';

/** A run as `--output json` prints it. Reads; records nothing. */
export async function reportRun(engine: Engine, run: RunId): Promise<RunReport> {
  const { state, plan } = await loadRun(engine, run);
  const judge = tallies(engine, state);
  const steps = allSteps(plan).map((step) => ({ step, status: statusOf(state, step, judge) }));
  const status = runStatus(
    state,
    steps.map((each) => each.status),
  );
  const open = [...judge.values()].filter(
    ({ tally }) => tally.kind === 'open' || tally.kind === 'revoked',
  );
  return {
    run,
    runbook: state.started.runbook.name,
    environment: state.started.environment,
    status,
    terminal: state.finished !== null,
    exit_code: state.finished?.exit_code ?? openExitCodes[status],
    stamp: state.started.stamp,
    steps: await Promise.all(steps.map((each) => reportStep(engine, state, each))),
    requests: state.finished === null ? open.map(({ report }) => report) : [],
    reason: reasonOf(
      state,
      [...judge.values()].map(({ tally }) => tally),
    ),
    next: nextCommand(state, status),
  };
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
      const tally = tallyRequest(record, {
        people,
        initiator: state.initiator,
        nowMs,
        lastUseMs: lastUseMs(state, record),
      });
      const report: RequestReport = {
        request: content.id,
        step: content.step,
        digest: record.hash,
        words: wordsOf(record),
        expires_at: content.limits.pending_until,
        missing: missingOf(tally),
      };
      return [content.id, { tally, report }];
    }),
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
      return step.continue_on_error ? 'tolerated' : 'failed';
    case 'due':
      return dueStatus(
        state,
        standing.request === null ? null : (judged.get(standing.request.content.id)?.tally ?? null),
      );
  }
}

function dueStatus(state: RunState, tally: Tally | null): StepStatus {
  if (tally?.kind === 'rejected') {
    return 'rejected';
  }
  if (state.finished !== null) {
    return state.finished.status === 'cancelled' ? 'cancelled' : 'skipped';
  }
  if (tally?.kind === 'expired') {
    return 'expired';
  }
  return tally === null ? 'pending' : 'waiting';
}

function runStatus(state: RunState, steps: readonly StepStatus[]): RunStatus {
  if (state.finished !== null) {
    return state.finished.status;
  }
  return (
    (['unknown', 'running', 'waiting', 'expired'] as const).find((status) =>
      steps.includes(status),
    ) ?? 'running'
  );
}

async function reportStep(
  engine: Engine,
  state: RunState,
  { step, status }: { readonly step: PlannedStep; readonly status: StepStatus },
): Promise<StepReport> {
  const record = state.steps.get(step.id);
  const last = record?.attempts.at(-1);
  const finished = last?.finished?.data;
  const reason =
    record?.skipped ??
    record?.denied?.reasons.map((each) => each.reason).join('; ') ??
    last?.unknown ??
    finished?.reason;
  const outputs = finished?.outputs ?? null;
  return {
    id: step.id,
    name: step.name,
    status,
    attempt: last?.attempt ?? 0,
    ...(finished === undefined || finished.exit_code === null
      ? {}
      : { exit_code: finished.exit_code }),
    ...(finished === undefined ? {} : { duration_ms: finished.duration_ms }),
    ...(outputs === null
      ? {}
      : {
          outputs: JSON.parse(
            (await engine.store.getBlob(outputs)).bytes.toString('utf8'),
          ) as Readonly<Record<string, Json>>,
        }),
    ...(reason === undefined || reason === null ? {} : { reason }),
  };
}

function reasonOf(state: RunState, tallied: readonly Tally[]): string | null {
  const rejected = tallied.find((tally) => tally.kind === 'rejected');
  if (rejected?.kind === 'rejected') {
    return `rejected by ${rejected.by}: ${rejected.reason ?? 'no reason given'}`;
  }
  if (state.cancel !== null) {
    return `cancelled by ${state.cancel.by.identity}${state.cancel.reason === null ? '' : `: ${state.cancel.reason}`}`;
  }
  const denied = [...state.steps.values()].find((step) => step.denied !== null)?.denied;
  if (denied) {
    return denied.reasons.map(({ rule, reason }) => `${reason} (${rule})`).join('; ');
  }
  const failed = [...state.steps.values()]
    .map((step) => step.attempts.at(-1))
    .find((attempt) => attempt?.finished?.data.outcome === 'failed');
  return state.finished?.status === 'failed' ? (failed?.finished?.data.reason ?? null) : null;
}

function nextCommand(state: RunState, status: RunStatus): RunReport['next'] {
  switch (status) {
    case 'waiting':
    case 'expired':
    case 'running':
      return { command: `runbook resume ${state.run}` };
    case 'unknown': {
      const step = [...state.steps.values()].find(
        ({ attempts }) => attempts.at(-1)?.unknown !== null && attempts.at(-1)?.resolved === null,
      );
      return {
        command: `runbook resolve ${state.run} ${step?.id ?? 'STEP'} --outcome succeeded|failed|retry --reason TEXT`,
      };
    }
    case 'succeeded':
    case 'failed':
    case 'rejected':
    case 'denied':
    case 'cancelled':
      return null;
  }
}
