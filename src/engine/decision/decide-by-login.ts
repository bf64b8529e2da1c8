import type { LoggedInStatement } from '../../approval/court/attested.ts';
import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { DecisionReport } from '../reports.ts';

/** Records what somebody logged in for (A2). */
export async function decideByLogin(
  _engine: Engine,
  _said: LoggedInStatement,
  _channel: string,
): Promise<DecisionReport> {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
