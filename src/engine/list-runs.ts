import { missingOf } from '../approval/tally.ts';
import type { RequestRow } from '../store/store.ts';
import { currentTally, loadRequest, requestState, wordsOf } from './describe-request.ts';
import type { Engine } from './engine.ts';
import { reportRun } from './report-run.ts';
import type { RequestSummary, RunSummary } from './reports.ts';

/** The newest runs first. Of one that has not ended, the index knows less than its entries and the clock. */
export async function listRuns(engine: Engine, limit: number): Promise<readonly RunSummary[]> {
  const rows = await engine.store.listRuns({ limit });
  return Promise.all(
    rows.map(async ({ run, runbook, environment, status, started, caller }) => ({
      run,
      runbook,
      environment,
      status: isEnd(status) ? status : (await reportRun(engine, run)).status,
      started,
      caller,
    })),
  );
}

const ends = ['succeeded', 'failed', 'rejected', 'denied', 'cancelled'] as const;

function isEnd(status: string): status is (typeof ends)[number] {
  return ends.some((end) => end === status);
}

/** Requests with where they stand now; `open` leaves out those that are over. */
export async function listRequests(
  engine: Engine,
  open: boolean,
): Promise<readonly RequestSummary[]> {
  const rows = await engine.store.listRequests({ open, limit: 1000 });
  const summaries = await Promise.all(rows.map((row) => summarise(engine, row)));
  return open ? summaries.filter(({ state }) => isOpen(state)) : summaries;
}

function isOpen(state: RequestSummary['state']): boolean {
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
    environment: row.environment,
    state: requestState(state, record, tally),
    created: record.content.limits.created,
    expires_at: record.content.limits.pending_until,
    missing: missingOf(tally),
  };
}
