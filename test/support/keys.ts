import { generateKeyPairSync } from 'node:crypto';
import {
  encodeKeyStatement,
  type KeyStatement,
  keyNamespace,
  type RecoveryStatement,
  type RotationStatement,
} from '../../src/approval/statement/key-statement.ts';
import { newNonce } from '../../src/base/ids.ts';
import { keyAt, newestKey, recoveryNow } from '../../src/journal/key-history.ts';
import { formatVerifierKey, keyId, parseVerifierKey } from '../../src/journal/verifier-key.ts';
import type { KeyRotated, RecoveryNamed, TrailEvent } from '../../src/run/trail-events.ts';
import { pkcs8Signer } from '../../src/signers/pkcs8.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import type { Committed, Store } from '../../src/store/store.ts';

// Changes of a journal's keys as any program could make them: honest by default, and bent where a test says so.

/** A key that somebody keeps offline. */
export function aRecoveryKey(): ApproverSigner {
  return pkcs8Signer(generateKeyPairSync('ed25519').privateKey);
}

export async function signKeys(signer: ApproverSigner, statement: KeyStatement): Promise<string> {
  return signer.sign(keyNamespace, Buffer.from(encodeKeyStatement(statement)));
}

/** What every statement says: the log as it is now. */
async function common(
  store: Store,
): Promise<Pick<RotationStatement, 'v' | 'time' | 'nonce' | 'log'>> {
  const { size, root } = await store.head();
  return {
    v: 1,
    time: '2026-11-21T22:00:00.000Z',
    nonce: newNonce(),
    log: { origin: store.origin, size, root: root.toString('base64') },
  };
}

async function recoveryStatement(
  store: Store,
  named: ApproverSigner,
  over: Partial<RecoveryStatement> = {},
): Promise<RecoveryStatement> {
  const previous = recoveryNow(await store.keys())?.public ?? null;
  const said = { act: 'recovery' as const, public: named.publicKey, previous };
  return { ...(await common(store)), ...said, ...over };
}

export async function recoveryEvent(
  store: Store,
  named: ApproverSigner,
  of: {
    readonly previous?: ApproverSigner;
    readonly over?: Partial<RecoveryStatement>;
    readonly data?: Partial<RecoveryNamed>;
  } = {},
): Promise<TrailEvent> {
  const statement = await recoveryStatement(store, named, of.over);
  return {
    type: 'key.recovery',
    data: {
      public: statement.public,
      by: 'os:ana@web1',
      statement: encodeKeyStatement(statement),
      signature: await signKeys(named, statement),
      previous: of.previous === undefined ? null : await signKeys(of.previous, statement),
      ...of.data,
    },
  };
}

export async function rotationStatement(
  store: Store,
  over: Partial<RotationStatement> = {},
): Promise<RotationStatement> {
  const { name, publicKey } = newestKey(await store.keys());
  const to = over.to ?? formatVerifierKey(name, await store.prepareKey());
  return {
    ...(await common(store)),
    act: 'rotate',
    from: formatVerifierKey(name, publicKey),
    reason: 'rotation',
    compromised_since: null,
    ...over,
    to,
  };
}

export async function rotationEvent(
  store: Store,
  recovery: ApproverSigner,
  of: {
    readonly over?: Partial<RotationStatement>;
    readonly data?: Partial<KeyRotated>;
  } = {},
): Promise<TrailEvent> {
  const statement = await rotationStatement(store, of.over);
  const signature = await signKeys(recovery, statement);
  return rotatedBy(statement, signature, of.data);
}

/** The entry of a statement, whoever signed it. */
export function rotatedBy(
  statement: RotationStatement,
  signature: string,
  data: Partial<KeyRotated> = {},
): TrailEvent {
  const from = parseVerifierKey(statement.from);
  const to = parseVerifierKey(statement.to);
  return {
    type: 'key.rotated',
    data: {
      from: keyId(from.name, from.publicKey).toString('hex'),
      key: {
        name: to.name,
        id: keyId(to.name, to.publicKey).toString('hex'),
        public: to.publicKey.toString('base64'),
      },
      reason: statement.reason,
      compromised_since: statement.compromised_since,
      by: 'os:ana@web1',
      statement: encodeKeyStatement(statement),
      signature,
      ...data,
    },
  };
}

export async function commitKeys(store: Store, event: TrailEvent): Promise<Committed> {
  return store.commit({ run: null, expectedVersion: null, commandId: newNonce(), events: [event] });
}

/** Names a recovery key, and answers it. */
export async function withRecoveryKey(store: Store): Promise<ApproverSigner> {
  const recovery = aRecoveryKey();
  await commitKeys(store, await recoveryEvent(store, recovery));
  return recovery;
}

/** Id of the key that signed the head of this size, as its note says. */
export async function signedBy(store: Store, size: number): Promise<string> {
  const head = await store.headAt(size);
  const encoded = head?.note.trimEnd().split(' ').at(-1) ?? '';
  return Buffer.from(encoded, 'base64').subarray(0, 4).toString('hex');
}

export async function idAt(store: Store, size: number): Promise<string> {
  return keyAt(await store.keys(), size).id;
}
