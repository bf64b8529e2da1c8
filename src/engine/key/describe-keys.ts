import { fingerprint, parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import { type LogKey, recoveryNow } from '../../journal/key-history.ts';
import { formatVerifierKey } from '../../journal/verifier-key.ts';
import type { Engine } from '../engine.ts';
import type { KeysReport } from '../reports.ts';

/** Which keys sign the journal, which heads each of them may sign, and which key hands it on. */
export async function describeKeys(engine: Engine): Promise<KeysReport> {
  const { origin } = engine.store;
  const history = await engine.store.keys();
  const recovery = recoveryNow(history);
  return {
    origin,
    keys: history.keys.map(describeKey),
    recovery:
      recovery === null
        ? null
        : { ...recovery, fingerprint: fingerprint(parsePublicKey(recovery.public)) },
  };
}

function describeKey({ name, publicKey, from, ended }: LogKey): KeysReport['keys'][number] {
  return {
    verifier_key: formatVerifierKey(name, publicKey),
    from,
    to: ended?.size ?? null,
    ended: ended?.reason ?? null,
    compromised_since: ended?.compromisedSince ?? null,
  };
}
