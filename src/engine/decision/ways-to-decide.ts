import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { DecisionWays } from '../reports.ts';

/** How the caller can decide this request now. */
export async function waysToDecide(_engine: Engine, _request: string): Promise<DecisionWays> {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
