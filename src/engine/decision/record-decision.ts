import type { Evidence } from '../../approval/court/attested.ts';
import {
  decisionId,
  parseStatement,
  type SignedStatement,
} from '../../approval/statement/statement.ts';
import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { DecisionReport } from '../reports.ts';
import { refuseInVain } from './asked-slots.ts';
import {
  atBench,
  commitDecision,
  judgeEvidence,
  refuseClosed,
  reportKnown,
} from './commit-decision.ts';

/**
 * The way in for what somebody signed: an approval, a rejection or a revocation, whatever brought it here.
 * Who carries it does not matter: the key's person counts. Recording one never starts anything. The same
 * statement handed in twice is recorded once.
 */
export async function recordDecision(
  engine: Engine,
  signed: SignedStatement,
  channel: string,
): Promise<DecisionReport> {
  return recordEvidence(engine, signed, channel);
}

/** As `recordDecision`, for all that proves who decided whatever brought it. */
export async function recordEvidence(
  engine: Engine,
  evidence: Evidence,
  channel: string,
): Promise<DecisionReport> {
  const statement = parseStatement(evidence.statement);
  const row = await engine.store.requestByHash(statement.request);
  if (row === null) {
    throw new UsageError({
      code: 'request_unknown',
      message: 'the decision is about a request that this journal does not have',
      hint: `it was made for the log \`${statement.log.origin}\`, and this one is \`${engine.store.origin}\``,
    });
  }
  const id = decisionId(evidence);
  return atBench(engine, row, async (bench) => {
    const known = bench.request.decisions.find(({ data }) => data.id === id);
    if (known !== undefined) {
      return reportKnown(engine, bench, known);
    }
    const decided = judgeEvidence(engine, bench, { evidence, channel });
    refuseClosed(engine, bench, decided.decision);
    refuseInVain(engine, bench, decided);
    return commitDecision(engine, bench, { decided, commandId: `decide.${id}` });
  });
}
