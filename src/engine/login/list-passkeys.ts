import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { PasskeySummary } from '../reports.ts';

/** Every passkey that was enrolled, newest first. */
export async function listPasskeys(
  _engine: Engine,
  _person?: string,
): Promise<readonly PasskeySummary[]> {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
