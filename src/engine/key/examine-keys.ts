import { fingerprint, parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import { newestKey, recoveryNow } from '../../journal/key-history.ts';
import type { Engine } from '../engine.ts';
import type { Finding } from '../reports.ts';

/**
 * What `doctor` says of the journal's keys. That no recovery key is named is no fault of today's: it is
 * said, and what it costs.
 */
export async function examineKeys({ store }: Engine): Promise<readonly Finding[]> {
  const history = await store.keys();
  const recovery = recoveryNow(history);
  const { id } = newestKey(history);
  const message =
    recovery === null
      ? 'none: a lost or stolen journal key could not be replaced; `runbook journal key recovery --key FILE` names one'
      : `${fingerprint(parsePublicKey(recovery.public))} can replace the journal's key \`${id}\``;
  return [{ name: 'recovery key', ok: true, message, hint: null }];
}
