import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyKeyEntry,
  type HoldsRoot,
  type KeyEntry,
  keysOfGenesis,
} from '../../src/approval/court/judge-keys.ts';
import {
  encodeKeyStatement,
  type RecoveryStatement,
  type RotationStatement,
} from '../../src/approval/statement/key-statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import { type KeyHistory, newestKey, recoveryNow } from '../../src/journal/key-history.ts';
import { formatVerifierKey, keyId } from '../../src/journal/verifier-key.ts';
import { rawPublicKey } from '../../src/signers/pkcs8.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { aRecoveryKey, rotatedBy, signKeys } from '../support/keys.ts';

const origin = 'runbook/0k3v';
const rootOf = (size: number): string =>
  Buffer.from(sha256(`root ${size}`), 'hex').toString('base64');
const holds: HoldsRoot = ({ size, root }) => rootOf(size) === root;

const newPublic = (): Buffer => rawPublicKey(generateKeyPairSync('ed25519').publicKey);
const written = (publicKey: Buffer) => ({
  name: origin,
  id: keyId(origin, publicKey).toString('hex'),
  public: publicKey.toString('base64'),
});

/** Two of these keys have one id: a few seconds of looking found them. */
function groundKey(at: number): Buffer {
  const seed = Buffer.from(sha256(`collide ${at}`), 'hex');
  // PKCS#8 of an Ed25519 key, up to the key itself (RFC 8410).
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([prefix, seed]);
  return rawPublicKey(
    createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })),
  );
}

function begun(recovery: string | null = null): KeyHistory {
  const data = { key: written(newPublic()), recovery };
  return keysOfGenesis({ seq: 0, type: 'log.genesis', data });
}

const common = (size: number) => ({
  v: 1 as const,
  time: '2026-11-21T22:00:00.000Z',
  nonce: '0'.repeat(32),
  log: { origin, size, root: rootOf(size) },
});

function rotation(
  history: KeyHistory,
  seq: number,
  over: Partial<RotationStatement> = {},
): RotationStatement {
  const from = newestKey(history);
  return {
    ...common(seq),
    act: 'rotate',
    from: formatVerifierKey(from.name, from.publicKey),
    to: formatVerifierKey(origin, newPublic()),
    reason: 'rotation',
    compromised_since: null,
    ...over,
  };
}

async function rotated(
  seq: number,
  statement: RotationStatement,
  signer: ApproverSigner,
): Promise<KeyEntry> {
  return { seq, ...rotatedBy(statement, await signKeys(signer, statement)) };
}

async function named(
  seq: number,
  statement: RecoveryStatement,
  by: { readonly signer: ApproverSigner; readonly previous: ApproverSigner | null },
): Promise<KeyEntry> {
  const { signer, previous } = by;
  return {
    seq,
    type: 'key.recovery',
    data: {
      public: statement.public,
      by: 'os:ana@web1',
      statement: encodeKeyStatement(statement),
      signature: await signKeys(signer, statement),
      previous: previous === null ? null : await signKeys(previous, statement),
    },
  };
}

describe('genesis', () => {
  test('begins with its key, and with a recovery key where it names one', () => {
    const { publicKey } = aRecoveryKey();
    expect(recoveryNow(begun(publicKey))).toEqual({ public: publicKey, index: 0 });
    expect(begun().keys).toHaveLength(1);
  });

  test.each([
    ['of low order', Buffer.alloc(32)],
    ['of another length', randomBytes(31)],
  ])('with a key %s is none', (_what, publicKey) => {
    const data = { key: written(publicKey), recovery: null };
    expect(() => keysOfGenesis({ seq: 0, type: 'log.genesis', data })).toThrow();
  });

  test('whose key has another id than it says is none', () => {
    const data = { key: { ...written(newPublic()), id: '00000000' }, recovery: null };
    expect(() => keysOfGenesis({ seq: 0, type: 'log.genesis', data })).toThrow('00000000');
  });
});

describe('a rotation holds', () => {
  const recovery = aRecoveryKey();

  test('where the recovery key signed exactly this', async () => {
    const history = begun(recovery.publicKey);
    const judged = applyKeyEntry(history, await rotated(5, rotation(history, 5), recovery), holds);
    expect(judged.refused).toBeNull();
    expect(judged.history.keys).toHaveLength(2);
  });

  test.each<readonly [string, Partial<RotationStatement>]>([
    ['another origin', { log: { origin: 'runbook/other', size: 5, root: rootOf(5) } }],
    ['a root the log never had', { log: { origin, size: 5, root: rootOf(4) } }],
    ['a head that is yet to come', { log: { origin, size: 6, root: rootOf(6) } }],
    ['another key before it', { from: formatVerifierKey(origin, newPublic()) }],
    ['a key of another name', { to: formatVerifierKey('runbook/other', newPublic()) }],
    ['a time of compromise without one', { compromised_since: '2026-11-21T22:00:00.000Z' }],
    ['a compromise without its time', { reason: 'compromised' }],
  ])('but not where it names %s', async (_what, over) => {
    const history = begun(recovery.publicKey);
    const judged = applyKeyEntry(
      history,
      await rotated(5, rotation(history, 5, over), recovery),
      holds,
    );
    expect(judged.history).toBe(history);
    expect(judged.refused).not.toBeNull();
  });

  test('but not to a key of low order', async () => {
    const history = begun(recovery.publicKey);
    const statement = rotation(history, 5);
    const { data } = await rotated(5, statement, recovery);
    const to = formatVerifierKey(origin, Buffer.alloc(32));
    const weak = { ...statement, to };
    const forged = {
      ...(data as object),
      key: written(Buffer.alloc(32)),
      statement: encodeKeyStatement(weak),
      signature: await signKeys(recovery, weak),
    };
    const judged = applyKeyEntry(history, { seq: 5, type: 'key.rotated', data: forged }, holds);
    expect(judged.refused).toContain('not a usable Ed25519 key');
  });

  test('but not back to a key that has signed before', async () => {
    const first = begun(recovery.publicKey);
    const { history } = applyKeyEntry(first, await rotated(5, rotation(first, 5), recovery), holds);
    const [{ name, publicKey }] = first.keys;
    const back = rotation(history, 9, { to: formatVerifierKey(name, publicKey) });
    expect(applyKeyEntry(history, await rotated(9, back, recovery), holds).refused).toContain(
      'that of an earlier one',
    );
  });

  test('but not to a key with the id of an earlier one, which somebody ground', async () => {
    const [old, alike] = [2141, 10_457].map(groundKey);
    const data = { key: written(old ?? newPublic()), recovery: recovery.publicKey };
    const history = keysOfGenesis({ seq: 0, type: 'log.genesis', data });
    const to = formatVerifierKey(origin, alike ?? newPublic());
    const entry = await rotated(5, rotation(history, 5, { to }), recovery);
    expect(applyKeyEntry(history, entry, holds).refused).toBe(
      'the id `1f4689c6` of the new key is that of an earlier one',
    );
  });

  test('but not a second time, nor from before the last change of keys', async () => {
    const first = begun(recovery.publicKey);
    const entry = await rotated(5, rotation(first, 5), recovery);
    const { history } = applyKeyEntry(first, entry, holds);
    expect(applyKeyEntry(history, { ...entry, seq: 6 }, holds).refused).not.toBeNull();
    const early = rotation(history, 9, { log: { origin, size: 5, root: rootOf(5) } });
    expect(applyKeyEntry(history, await rotated(9, early, recovery), holds).refused).toContain(
      'must be for one of 6 to 9',
    );
  });
});

test('an entry of any shape is refused, and never thrown at', () => {
  const history = begun(aRecoveryKey().publicKey);
  const types = fc.constantFrom('key.rotated', 'key.recovery');
  fc.assert(
    fc.property(types, fc.jsonValue(), (type, data) => {
      const judged = applyKeyEntry(history, { seq: 3, type, data }, holds);
      expect(judged.history).toBe(history);
      expect(judged.refused).not.toBeNull();
    }),
  );
});

test('whatever is tried in whatever order, only the holder of the recovery key moves the keys', async () => {
  const holders = [aRecoveryKey(), aRecoveryKey(), aRecoveryKey()];
  const who = fc.constantFrom(0, 1, 2);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('rotate' as const), by: who }),
    fc.record({
      kind: fc.constant('name' as const),
      named: who,
      by: who,
      previous: fc.option(who),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
      let history = begun();
      // The model: who may hand the log on, as an index of `holders`.
      let inForce: number | null = null;
      for (const [at, each] of steps.entries()) {
        const seq = (at + 1) * 2;
        const signer = holders[each.by] as ApproverSigner;
        const line = inForce === null ? null : (holders[inForce]?.publicKey ?? null);
        const isRotation = each.kind === 'rotate';
        const previous = isRotation || each.previous === null ? null : holders[each.previous];
        const entry = isRotation
          ? await rotated(seq, rotation(history, seq), signer)
          : await named(
              seq,
              {
                ...common(seq),
                act: 'recovery',
                public: holders[each.named]?.publicKey ?? '',
                previous: line,
              },
              { signer, previous: previous ?? null },
            );
        const allowed = isRotation
          ? each.by === inForce
          : each.by === each.named && each.previous === inForce;
        const judged = applyKeyEntry(history, entry, holds);
        expect(judged.refused === null).toBe(allowed);
        history = judged.history;
        if (allowed && !isRotation) {
          inForce = each.named;
        }
      }
    }),
    { numRuns: 40 },
  );
});
