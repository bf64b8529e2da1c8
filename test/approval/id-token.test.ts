import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { exportJWK, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { readIdToken } from '../../src/approval/court/id-token.ts';
import { whyNoKeys } from '../../src/approval/court/judge-issuer-keys.ts';
import { fitsKey, holdsJws, type JwsAlgorithm, readJws } from '../../src/approval/court/jws.ts';
import { client, type IdSigner, idSigner, issuer } from '../support/id-token.ts';

const algorithms: readonly JwsAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

const claims = {
  iss: issuer,
  sub: '248289761001',
  aud: client,
  nonce: 'n-0S6_WzA2Mj',
  iat: 1_311_280_970,
  exp: 1_311_281_970,
  auth_time: 1_311_280_969,
};

const signers = new Map<JwsAlgorithm, IdSigner>();
beforeAll(async () => {
  for (const algorithm of algorithms) {
    signers.set(algorithm, await idSigner(algorithm));
  }
});

function signerOf(algorithm: JwsAlgorithm): IdSigner {
  const signer = signers.get(algorithm);
  if (signer === undefined) {
    throw new Error(`no key for ${algorithm}`);
  }
  return signer;
}

/** Whether a token can be read, is for this key, and holds under it. */
function isBelieved(token: string, { key }: Pick<IdSigner, 'key'>): boolean {
  try {
    const { jws } = readIdToken(token);
    return fitsKey(jws, key) && holdsJws(jws, key);
  } catch {
    return false;
  }
}

function flip(token: string, at: number, by: number): string {
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
  const now = characters.indexOf(token.charAt(at));
  const other = characters.charAt((now + by) % characters.length);
  return token.slice(0, at) + other + token.slice(at + 1);
}

describe.each(algorithms)('a token that jose signed with %s', (algorithm) => {
  test('says what it says, and holds under its key alone', async () => {
    const signer = signerOf(algorithm);
    const token = await signer.sign(claims);
    expect(readIdToken(token)).toMatchObject({
      issuer,
      subject: '248289761001',
      audience: [client],
      party: null,
      nonce: 'n-0S6_WzA2Mj',
      issuedMs: 1_311_280_970_000,
      expiresMs: 1_311_281_970_000,
      loggedInMs: 1_311_280_969_000,
    });
    expect(isBelieved(token, signer)).toBe(true);
    expect(isBelieved(token, await idSigner(algorithm))).toBe(false);
  });

  test('holds no more with any one character changed', async () => {
    const signer = signerOf(algorithm);
    const token = await signer.sign(claims);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.integer({ min: 1, max: 67 }), (at, by) => {
        expect(isBelieved(flip(token, at, by), signer)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test('holds under no key of another algorithm', async () => {
    const token = await signerOf(algorithm).sign(claims);
    const { jws } = readIdToken(token);
    for (const other of algorithms.filter((each) => each !== algorithm)) {
      expect(fitsKey(jws, signerOf(other).key) && holdsJws(jws, signerOf(other).key)).toBe(false);
    }
  });
});

test('a token that is short of a byte, or has one too many, holds no more', async () => {
  const signer = signerOf('ES256');
  const [header = '', payload = '', signature = ''] = (await signer.sign(claims)).split('.');
  const bytes = Buffer.from(signature, 'base64url');
  for (const other of [
    bytes.subarray(1),
    Buffer.concat([bytes, Buffer.alloc(1)]),
    Buffer.alloc(0),
  ]) {
    expect(isBelieved([header, payload, other.toString('base64url')].join('.'), signer)).toBe(
      false,
    );
  }
});

describe('no token is read that', () => {
  const part = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const body = part(claims);
  const header = part({ alg: 'RS256' });

  test.each<[string, string]>([
    ['is signed by nobody', new UnsecuredJWT(claims).encode()],
    ['names `none` in other letters', `${part({ alg: 'nOnE' })}.${body}.AAAA`],
    ['is signed with a shared secret', `${part({ alg: 'HS256' })}.${body}.AAAA`],
    ['names an algorithm that every object has', `${part({ alg: 'constructor' })}.${body}.AAAA`],
    [
      'demands what we do not know',
      `${part({ alg: 'RS256', crit: ['b64'], b64: false })}.${body}.AAAA`,
    ],
    ['is an access token', `${part({ alg: 'RS256', typ: 'at+jwt' })}.${body}.AAAA`],
    ['is a logout token', `${part({ alg: 'RS256', typ: 'logout+jwt' })}.${body}.AAAA`],
    ['names its key by a number', `${part({ alg: 'RS256', kid: 1 })}.${body}.AAAA`],
    ['names its algorithm twice', `${part('{"alg":"RS256","alg":"ES256"}')}.${body}.AAAA`],
    [
      'names its subject twice',
      `${header}.${part(`{"sub":"a",${JSON.stringify(claims).slice(1)}`)}.AAAA`,
    ],
    ['has a header that is no object', `${part('"RS256"')}.${body}.AAAA`],
    ['has no header', `.${body}.AAAA`],
    ['has padding', `${header}.${body}.AAA=`],
    ['has bits to spare', `${header}.${body}.AB`],
    ['is encrypted', `${header}.${body}.AAAA.AAAA.AAAA`],
    ['has two parts', `${header}.${body}`],
    ['has a byte order mark', `${header}.${part(`\ufeff${JSON.stringify(claims)}`)}.AAAA`],
    ['is no UTF-8', `${header}.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.AAAA`],
    [
      'is longer than 16,384 characters',
      `${header}.${part({ ...claims, more: 'x'.repeat(12_300) })}.AAAA`,
    ],
    ['is empty', ''],
  ])('%s', (_what, token) => {
    expect(() => readIdToken(token)).toThrow(expect.objectContaining({ code: 'login_unreadable' }));
  });

  test.each<[string, object]>([
    ['no issuer', { iss: undefined }],
    ['a subject that is a number', { sub: 248_289 }],
    ['an empty subject', { sub: '' }],
    ['a subject of 256 characters', { sub: 'x'.repeat(256) }],
    ['no audience', { aud: undefined }],
    ['nobody in the audience', { aud: [] }],
    ['an audience that is an object', { aud: { 0: client } }],
    ['no time', { iat: undefined }],
    ['a time as text', { iat: '1311280970' }],
    ['a time before all others', { exp: -1 }],
    ['a time that no calendar has', { exp: 1e300 }],
    ['a nonce that is a list', { nonce: ['a'] }],
    ['a login time as text', { auth_time: '1311280970' }],
  ])('says %s', (_what, change) => {
    expect(() => readIdToken(`${header}.${part({ ...claims, ...change })}.AAAA`)).toThrow(
      expect.objectContaining({ code: 'login_unreadable' }),
    );
  });

  test.each<[string, string]>([
    ['a header in other words', `${part('{ "typ":"JWT",\n"alg":"RS256"}')}.${body}.AAAA`],
    [
      'several in the audience',
      `${header}.${part({ ...claims, aud: [client, 'other'], azp: client })}.AAAA`,
    ],
    ['a fraction of a second', `${header}.${part({ ...claims, iat: 1_311_280_970.25 })}.AAAA`],
    ['no login time', `${header}.${part({ ...claims, auth_time: undefined })}.AAAA`],
  ])('yet one with %s is read', (_what, token) => {
    expect(readIdToken(token)).toMatchObject({ issuer });
  });
});

describe('of the keys of an issuer', () => {
  test('the one that the token names is meant; without a name, any of the kind', async () => {
    const named = readJws(await (await idSigner('ES256', { kid: 'a' })).sign(claims));
    const unnamed = readJws(await (await idSigner('ES256', { kid: null })).sign(claims));
    const [a, b, none] = [
      (await idSigner('ES256', { kid: 'a' })).key,
      (await idSigner('ES256', { kid: 'b' })).key,
      (await idSigner('ES256', { kid: null })).key,
    ];
    const fitting = (jws: typeof named) => [a, b, none].map((key) => fitsKey(jws, key));
    expect(fitting(named)).toEqual([true, false, true]);
    expect(fitting(unnamed)).toEqual([true, true, true]);
  });

  test('one that is too short for RSA counts for nothing', async () => {
    const weak = await idSigner('PS256', { bits: 2048 });
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(1024);
    const { n = '', e = '' } = await exportJWK(publicKey);
    const key = { kty: 'RSA', kid: 'first', n, e } as const;
    expect(whyNoKeys({ issuer, client, keys: [weak.key] })).toBeNull();
    expect(whyNoKeys({ issuer, client, keys: [weak.key, key] })).toContain('so weak');
    expect(holdsJws(readJws(await weak.sign(claims)), key)).toBe(false);
  });

  test('one under which every padded text is its own signature counts for nothing', async () => {
    const { key } = await idSigner('RS256');
    const keys = [{ ...key, e: 'AQ' }];
    expect(whyNoKeys({ issuer, client, keys })).toContain('so weak');
  });

  test.each<[string, object]>([
    ['a private member', { d: 'AAAA' }],
    ['a point that is not on the curve', { x: Buffer.alloc(32, 1).toString('base64url') }],
    ['another curve', { crv: 'secp256k1' }],
    ['a shared secret', { kty: 'oct', k: 'AAAA' }],
    ['a name that is a number', { kid: 7 }],
  ])('one with %s is none', async (_what, change) => {
    const { key } = await idSigner('ES256');
    expect(whyNoKeys({ issuer, client, keys: [{ ...key, ...change }] })).not.toBeNull();
  });

  test.each(['https://login.example.com#ana', 'login.example.com', 'https://a b', ''])(
    'none is of %j',
    async (name) => {
      const { key } = await idSigner('ES256');
      expect(whyNoKeys({ issuer: name, client, keys: [key] })).not.toBeNull();
    },
  );

  test.each([null, 7, [], {}, { issuer, client, keys: [] }, { issuer, client, keys: 'x' }])(
    'nothing is read from %j',
    (named) => {
      expect(whyNoKeys(named)).not.toBeNull();
    },
  );
});
