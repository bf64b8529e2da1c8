import type { RequestRow } from '../store/store.ts';
import { currentTally, loadRequest, requestState, wordsOf } from './describe-request.ts';
import type { Engine } from './engine.ts';
import { missingOf } from './record-decision.ts';
import type { RequestSummary, RunStatus, RunSummary } from './reports.ts';

/** The newest runs first. */
export async function listRuns(engine: Engine, limit: number): Promise<readonly RunSummary[]> {
  const rows = await engine.store.listRuns({ limit });
  return rows.map(({ run, runbook, environment, status, started, caller }) => ({
    run,
    runbook,
    environment,
    status: status as RunStatus,
    started,
    caller,
  }));
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
