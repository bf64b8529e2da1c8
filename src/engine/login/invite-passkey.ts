import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { Invitation } from '../reports.ts';

/** A one-time invitation to enrol a passkey. */
export async function invitePasskey(
  _engine: Engine,
  _person: string,
  _expiresInMs: number,
): Promise<Invitation> {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
