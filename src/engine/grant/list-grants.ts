import type { GrantReport, GrantState } from '../../approval/grant-report.ts';
import type { Tally } from '../../approval/tally/tally.ts';
import { formatTime } from '../../base/clock.ts';
import { tallyRequest } from '../../run/judge.ts';
import { asLent } from '../../run/loan.ts';
import { recordedOf } from '../../run/recorded.ts';
import { foldRun, type RequestRecord, type RunState } from '../../run/state.ts';
import type { ReusableRow } from '../../store/rows.ts';
import type { Engine } from '../engine.ts';
import { wordsOf } from '../report/describe-request.ts';

/**
 * Approvals that were asked to hold for later runs, the newest first; without `all` only those that stand.
 * As the index and the people of now have it: a start is judged by more than this.
 */
export async function listGrants(engine: Engine, all: boolean): Promise<readonly GrantReport[]> {
  const rows = await engine.store.listReusable(null);
  const reports = await Promise.all(rows.map((row) => reportGrant(engine, row)));
  return reports.flatMap((report) =>
    report !== null && (all || report.state === 'standing') ? report : [],
  );
}

/** Null where the index names a request that its run does not have. */
export async function reportGrant(engine: Engine, row: ReusableRow): Promise<GrantReport | null> {
  const state = foldRun((await engine.store.loadRun(row.run)).map(recordedOf));
  const record = state.requests.get(row.request);
  if (record === undefined) {
    return null;
  }
  const { request, run, runbook, step, environment, rule, uses, max_uses, revoked } = row;
  const tally = tallyLent(engine, state, { record, row });
  const standing = standingOf(state, record, { tally, row });
  return {
    request,
    words: wordsOf(record),
    run,
    runbook,
    step,
    environment,
    rule,
    state: standing,
    vary: record.content.commands[0]?.holes ?? [],
    uses,
    max_uses,
    until:
      standing === 'standing' && tally.kind === 'granted'
        ? formatTime(tally.at + row.for_ms)
        : null,
    approved_by: approversOf(record, tally),
    revoked_at: revoked,
  };
}

function tallyLent(
  engine: Engine,
  state: RunState,
  { record, row }: { readonly record: RequestRecord; readonly row: ReusableRow },
): Tally {
  const terms = { maxUses: row.max_uses, forMs: row.for_ms };
  return tallyRequest(asLent(record, { uses: row.uses, terms }), {
    people: engine.trusted().people.value,
    initiator: state.initiator,
    nowMs: engine.clock.now().wallMs,
    lastUseMs: null,
  });
}

function standingOf(
  { finished }: RunState,
  { closed, used }: RequestRecord,
  { tally, row }: { readonly tally: Tally; readonly row: ReusableRow },
): GrantState {
  if (row.revoked !== null) {
    return 'revoked';
  }
  if (closed !== null || (finished !== null && used === 0)) {
    return 'ended';
  }
  switch (tally.kind) {
    case 'granted':
      return used === 0 ? 'asked' : 'standing';
    case 'spent':
      return 'spent';
    case 'expired':
      return tally.which === 'unused' ? 'over' : 'ended';
    case 'rejected':
      return 'ended';
    case 'open':
    case 'revoked':
      return finished === null ? 'asked' : 'ended';
  }
}

function approversOf({ decisions }: RequestRecord, tally: Tally): readonly string[] {
  const names =
    tally.kind === 'granted'
      ? tally.by.map(({ person }) => person)
      : decisions.flatMap(({ data }) => (data.decision === 'approve' ? data.person : []));
  return [...new Set(names)].sort();
}
