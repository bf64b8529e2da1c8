import type { LoggedInStatement } from '../../approval/court/attested.ts';
import type { Engine } from '../engine.ts';
import type { DecisionReport } from '../reports.ts';
import { recordEvidence } from './record-decision.ts';

/**
 * The way in for what somebody logged in for (A2), with the statement that `prepareDecision` composed. The
 * issuer's account says who decides, and not who hands it in: that it comes from the browser that was shown
 * the request is for the door to see to. The issuer's keys stand in the journal by now, or it is refused. The
 * same statement handed in twice is recorded once. Throws as `recordDecision`, and DeniedError `login_…`.
 */
export async function decideByLogin(
  engine: Engine,
  { statement, login }: LoggedInStatement,
  channel: string,
): Promise<DecisionReport> {
  return recordEvidence(engine, { statement, signature: null, login }, channel);
}
