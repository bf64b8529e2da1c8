import { setImmediate } from 'node:timers/promises';
import type { RequestState } from '../../approval/request-state.ts';
import { missingOf } from '../../approval/tally/tally.ts';
import type { RunId } from '../../base/ids.ts';
import type { RunStarted } from '../../run/events.ts';
import { breaksGlass } from '../../run/owed-review.ts';
import { recordedOf } from '../../run/recorded.ts';
import { foldRun } from '../../run/state.ts';
import { stepsOf } from '../../run/together.ts';
import { adHocName } from '../../runbook/ad-hoc.ts';
import { summarizeStep } from '../../runbook/summary.ts';
import type { RequestRow } from '../../store/rows.ts';
import type { Engine } from '../engine.ts';
import type { RequestSummary, RunSummary } from '../reports.ts';
import type { Page } from '../service.ts';
import { loadPlan, loadRun } from '../session.ts';
import { currentTally, loadRequest, requestState, wordsOf } from './describe-request.ts';
import { reportRun } from './report-run.ts';

/** The newest runs first. Of one that has not ended, the index knows less than its entries and the clock. */
export async function listRuns(engine: Engine, page: Page): Promise<readonly RunSummary[]> {
  const rows = await engine.store.listRuns(page);
  return eachInTurn(
    rows,
    async ({ run, runbook, environment, status, started, caller, first }) => ({
      run,
      runbook,
      environment,
      ...(isEnd(status) ? { status } : await standingNow(engine, run)),
      started,
      caller,
      ...(await beganAs(engine, run, first)),
      ...(runbook === adHocName ? await commandOf(engine, run) : {}),
    }),
  );
}

async function standingNow(
  engine: Engine,
  run: RunId,
): Promise<Pick<RunSummary, 'status' | 'open_requests'>> {
  const { status, requests } = await reportRun(engine, run);
  return { status, open_requests: requests.length };
}

type Began = Pick<RunSummary, 'break_glass' | 'glass_broken' | 'protected' | 'chain' | 'reason'>;

/** What the run's first entry says of it, and its requests of whether it came to break-glass. */
async function beganAs(engine: Engine, run: RunId, first: number): Promise<Began> {
  const { store } = engine;
  const [entry] = await store.entries(first, first + 1);
  const event = entry === undefined ? null : recordedOf(entry).event;
  if (event?.type !== 'run.started') {
    return { break_glass: null, glass_broken: false };
  }
  const { initiator, reason, break_glass: asked = null } = event.data;
  const broken = asked !== null && breaksGlass(foldRun((await store.loadRun(run)).map(recordedOf)));
  return {
    break_glass: asked,
    glass_broken: broken,
    chain: initiator.chain,
    reason,
    ...(await protectionOf(engine, event.data)),
  };
}

/** Nothing where the plan is gone. */
async function protectionOf(
  engine: Engine,
  started: RunStarted,
): Promise<Pick<RunSummary, 'protected'>> {
  try {
    return { protected: (await loadPlan(engine, { started })).environment.protected };
  } catch {
    return {};
  }
}

/** The command line of a run that was made of one; nothing where the plan is gone. */
async function commandOf(engine: Engine, run: RunId): Promise<Pick<RunSummary, 'command'>> {
  try {
    const [step, ...others] = (await loadRun(engine, run)).plan.steps;
    return step === undefined || others.length > 0 ? {} : { command: summarizeStep(step) };
  } catch {
    return {};
  }
}

/** Reading a run keeps this process busy: after each of them it looks to everybody else. */
async function eachInTurn<Row, Summary>(
  rows: readonly Row[],
  summarise: (row: Row) => Promise<Summary>,
): Promise<readonly Summary[]> {
  const summaries: Summary[] = [];
  for (const row of rows) {
    summaries.push(await summarise(row));
    await setImmediate();
  }
  return summaries;
}

const ends = ['succeeded', 'failed', 'rejected', 'denied', 'cancelled'] as const;

function isEnd(status: string): status is (typeof ends)[number] {
  return ends.some((end) => end === status);
}

/** Requests with where they stand now; `open` leaves out those that are over. */
export async function listRequests(
  engine: Engine,
  open: boolean,
  page: Page = { limit: 1000 },
): Promise<readonly RequestSummary[]> {
  const rows = await engine.store.listRequests({ open, ...page });
  const summaries = await eachInTurn(rows, (row) => summarise(engine, row));
  return open ? summaries.filter(({ state }) => isOpen(state)) : summaries;
}

function isOpen(state: RequestState): boolean {
  return state === 'pending' || state === 'approved' || state === 'revoked';
}

async function summarise(engine: Engine, row: RequestRow): Promise<RequestSummary> {
  const { state, record } = await loadRequest(engine, row.run, row.request);
  const tally = currentTally(engine, state, record);
  return {
    request: row.request,
    words: wordsOf(record),
    run: row.run,
    runbook: row.runbook,
    step: row.step,
    ...stepsOf(record.content),
    environment: row.environment,
    state: requestState(state, record, tally),
    created: record.content.limits.created,
    expires_at: record.content.limits.pending_until,
    missing: missingOf(tally),
  };
}
