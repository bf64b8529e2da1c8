import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importEd25519, isWeakEd25519Key } from '../../src/base/ed25519.ts';

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

const subset = new URL('../fixtures/vectors/wycheproof-ed25519.subset.json', import.meta.url);
const full = new URL('../../../shared/vectors/wycheproof-ed25519.json', import.meta.url);

describe('Wycheproof: node:crypto and our import judge every signature as they must', () => {
  test('the committed subset', () => checkVectors(subset));
  test.skipIf(!existsSync(full))('the whole set, where it is at hand', () => checkVectors(full));
});

/** Both signs of each y: the eight points of order 1, 2, 4 and 8, and their other spellings. */
const lowOrderKeys = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex'));

test.each(lowOrderKeys.map((key) => [key.toString('hex'), key] as const))(
  'the low-order key %s is refused',
  (_hex, key) => {
    expect(isWeakEd25519Key(key)).toBe(true);
    expect(() => importEd25519(key)).toThrow(expect.objectContaining({ code: 'key_weak' }));
  },
);

// Newer OpenSSL refuses such keys by itself; the runtime that does not is why we do.
const trustsLowOrder = Number(process.versions.node.split('.')[0]) < 24;

test.runIf(trustsLowOrder)('under a low-order key, one signature that nobody made holds', () => {
  // Why such keys are refused: R = identity, S = 0 verifies for every message whose challenge the order divides.
  const forged = Buffer.concat([Buffer.from('01'.padEnd(64, '0'), 'hex'), Buffer.alloc(32)]);
  const identity = Buffer.from('01'.padEnd(64, '0'), 'hex');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: identity.toString('base64url') };
  const accepted = verify(null, Buffer.from('anything'), { key: jwk, format: 'jwk' }, forged);
  expect(accepted).toBe(true);
});

test('every spelling of y from p up is refused', () => {
  const p = 2n ** 255n - 19n;
  for (let y = p; y < 2n ** 255n; y += 1n) {
    expect(isWeakEd25519Key(littleEndian(y))).toBe(true);
    expect(isWeakEd25519Key(littleEndian(y + 2n ** 255n))).toBe(true);
  }
});

test.each([0, 31, 33, 64])('a key of %d bytes is refused', (length) => {
  expect(isWeakEd25519Key(Buffer.alloc(length, 9))).toBe(true);
});

test('an ordinary key is imported, and its signatures hold', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const message = Buffer.from('approve');
  const signature = sign(null, message, privateKey);
  expect(isWeakEd25519Key(raw)).toBe(false);
  expect(verify(null, message, importEd25519(raw), signature)).toBe(true);
  expect(verify(null, Buffer.from('reject'), importEd25519(raw), signature)).toBe(false);
});

function checkVectors(file: URL): void {
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as Wycheproof;
  for (const { publicKey, tests } of testGroups) {
    const key = importEd25519(Buffer.from(publicKey.pk, 'hex'));
    for (const { tcId, comment, msg, sig, result } of tests) {
      const holds = verify(null, Buffer.from(msg, 'hex'), key, Buffer.from(sig, 'hex'));
      expect(holds, `${tcId} ${comment}`).toBe(result === 'valid');
    }
  }
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}
