import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { PasskeySummary } from '../reports.ts';

/** Takes a passkey from its owner. */
export async function removePasskey(
  _engine: Engine,
  _passkey: string,
  _reason: string | null,
): Promise<PasskeySummary> {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
