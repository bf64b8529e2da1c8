import { accountIdentity } from '../../approval/people/initiator.ts';
import { decodeBase64 } from '../../approval/ssh/ssh-wire.ts';
import { verifySshsig } from '../../approval/ssh/sshsig.ts';
import {
  keyNamespace,
  parseKeyStatement,
  type RecoveryStatement,
  type RotationStatement,
} from '../../approval/statement/key-statement.ts';
import { decisionId } from '../../approval/statement/statement.ts';
import { UsageError } from '../../base/errors.ts';
import { keyId, parseVerifierKey } from '../../journal/verifier-key.ts';
import type { TrailEvent } from '../../run/trail-events.ts';
import type { Engine } from '../engine.ts';
import type { KeysReport } from '../reports.ts';
import type { SignedChange } from '../service.ts';
import { describeKeys } from './describe-keys.ts';
import { refuseAgent } from './prepare-change.ts';

/**
 * Records a change of keys that was signed, here or elsewhere. The store judges it once more, as every
 * verifier will. Twice is the same as once. Throws UsageError `key_unsigned`, IntegrityError
 * `E_APPROVAL_SIG`, `E_KEY_ROTATION`, DeniedError `agent_decides`.
 */
export async function recordChange(engine: Engine, signed: SignedChange): Promise<KeysReport> {
  refuseAgent(engine);
  const statement = parseKeyStatement(signed.statement);
  const by = accountIdentity(engine.account);
  const event =
    statement.act === 'rotate'
      ? rotated(statement, signed, by)
      : recoveryNamed(statement, signed, by);
  await engine.store.commit({
    run: null,
    expectedVersion: null,
    commandId: `${event.type}.${decisionId(signed)}`,
    events: [event],
    closing: true,
  });
  return describeKeys(engine);
}

function rotated(statement: RotationStatement, signed: SignedChange, by: string): TrailEvent {
  const [signature] = signed.signatures;
  if (signature === undefined) {
    throw missing('the recovery key');
  }
  const from = parseVerifierKey(statement.from);
  const { name, publicKey } = parseVerifierKey(statement.to);
  const { reason, compromised_since } = statement;
  return {
    type: 'key.rotated',
    data: {
      from: keyId(from.name, from.publicKey).toString('hex'),
      key: {
        name,
        id: keyId(name, publicKey).toString('hex'),
        public: publicKey.toString('base64'),
      },
      reason,
      compromised_since,
      by,
      statement: signed.statement,
      signature,
    },
  };
}

/** Each signature says itself whose it is, so that they may come in any order. */
function recoveryNamed(statement: RecoveryStatement, signed: SignedChange, by: string): TrailEvent {
  const of = (line: string): string | null =>
    signed.signatures.find((signature) => signerOf(signed.statement, signature) === line) ?? null;
  const signature = of(statement.public);
  const previous = statement.previous === null ? null : of(statement.previous);
  if (signature === null || (previous === null && statement.previous !== null)) {
    throw missing(signature === null ? 'the key that is named' : 'the recovery key before it');
  }
  const { public: line } = statement;
  return {
    type: 'key.recovery',
    data: { public: line, by, statement: signed.statement, signature, previous },
  };
}

function signerOf(statement: string, signature: string): string {
  return verifySshsig({
    signature: decodeBase64(signature) ?? Buffer.alloc(0),
    message: Buffer.from(statement),
    namespace: keyNamespace,
  }).publicKey;
}

function missing(whose: string): UsageError {
  return new UsageError({
    code: 'key_unsigned',
    message: `the statement is not signed by ${whose}`,
    hint: 'sign it with `--key FILE` or `--ssh-agent`, or hand in each signature with `--signature FILE`',
  });
}
