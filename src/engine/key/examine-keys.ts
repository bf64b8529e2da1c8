import { fingerprint, parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import { newestKey, recoveryNow } from '../../journal/key-history.ts';
import type { Engine } from '../engine.ts';
import type { Finding } from '../reports.ts';

/**
 * What `doctor` says of the journal's keys. That no recovery key is named is no fault of today's: it is
 * said, and what it costs. Nor are keys that were made for a rotation: one may still be signed for elsewhere.
 */
export async function examineKeys({ store }: Engine): Promise<readonly Finding[]> {
  const history = await store.keys();
  const recovery = recoveryNow(history);
  const { id } = newestKey(history);
  const named =
    recovery === null
      ? {
          message: 'none yet',
          hint: '`runbook journal key recovery --key FILE` names one, before anything is pruned; without it a lost or stolen journal key could not be replaced',
        }
      : {
          message: `${fingerprint(parsePublicKey(recovery.public))} can replace the journal's key \`${id}\``,
          hint: null,
        };
  return [
    { name: 'recovery key', ok: true, ...named },
    ...describeWaiting(await store.waitingKeys()),
  ];
}

function describeWaiting(files: readonly string[]): readonly Finding[] {
  const names = files.map((file) => `\`${file}\``).join(', ');
  const message = `${names}: made for a rotation that was not finished: needed while a file of \`--export\` waits to be signed, and else to be removed`;
  return files.length === 0 ? [] : [{ name: 'prepared key', ok: true, message, hint: null }];
}
