import { reviewersOf } from '../../approval/court/judge-review.ts';
import type { DebtReport } from '../../approval/debt.ts';
import { owedReview, standingReview } from '../../run/owed-review.ts';
import type { DebtRow } from '../../store/rows.ts';
import { listsOf } from '../ask-lists.ts';
import type { Engine } from '../engine.ts';
import { loadRequest, wordsOf } from '../report/describe-request.ts';

/** What was done under break-glass, the newest first; without `all` only what nobody has reviewed. */
export async function listDebts(engine: Engine, all: boolean): Promise<readonly DebtReport[]> {
  const rows = await engine.store.listDebts(!all);
  const trusted = engine.trusted();
  const people = trusted.people.value;
  // One for all of them: each list is asked once, however many reviews are owed.
  const lists = listsOf(engine, { people, policy: trusted.policy.value });
  const reports = await Promise.all(rows.map((row) => reportDebt(engine, row, { people, lists })));
  return reports.filter((report) => report !== null);
}

async function reportDebt(
  engine: Engine,
  row: DebtRow,
  reviewing: Pick<Parameters<typeof reviewersOf>[0], 'people' | 'lists'>,
): Promise<DebtReport | null> {
  const { state, record } = await loadRequest(engine, row.run, row.request);
  const found = owedReview(state, record);
  const standing = standingReview(state, record, engine.clock.now().wallMs);
  if (found === null || standing === null) {
    return null;
  }
  const { owed, started } = found;
  const { content } = record;
  return {
    request: content.id,
    words: wordsOf(record),
    run: content.run,
    runbook: content.runbook.name,
    step: content.step,
    environment: content.target.environment,
    rule: owed.terms.rule,
    scope: owed.terms.scope,
    by: [...new Set(owed.actors.flatMap(({ person }) => person ?? []))],
    reason: content.why.reason,
    started: started.time,
    reviewers: reviewersOf({ ...reviewing, initiator: state.initiator, owed }),
    ...standing,
  };
}
