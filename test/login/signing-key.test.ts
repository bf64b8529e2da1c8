import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { findSigningKey } from '../../src/login/signing-key.ts';
import { answering } from '../support/answering.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const shared = Buffer.alloc(32, 7);

async function published(key: KeyObject, more: object = {}): Promise<object> {
  return { ...(await exportJWK(key)), ...more };
}

/** An issuer that publishes this. */
async function anIssuer(body: string | readonly object[]): Promise<string> {
  return answering((_, answer) => {
    answer.end(typeof body === 'string' ? body : JSON.stringify({ keys: body }));
  });
}

async function signed(
  key: KeyObject | Uint8Array,
  header: { readonly alg: string; readonly kid?: string },
  claims: Record<string, unknown> = { sub: 'robin' },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

const find = (token: string, issuer: string) =>
  findSigningKey(token, { issuer, jwksUri: `${issuer}/jwks`, timeoutMs: 10_000 });

describe('the key that signed a token', () => {
  test('is found by its id, and told without what is not needed to check it', async () => {
    const issuer = await anIssuer([
      await published(other.publicKey, { kid: 'old' }),
      await published(ec.privateKey, { kid: 'new', alg: 'ES256', use: 'sig', x5c: ['MII'] }),
    ]);
    const key = await find(await signed(ec.privateKey, { alg: 'ES256', kid: 'new' }), issuer);
    const { x, y } = await exportJWK(ec.publicKey);
    expect(key).toEqual({ kty: 'EC', kid: 'new', crv: 'P-256', x, y });
  });

  test('is found without an id, among keys that are of no use here', async () => {
    const issuer = await anIssuer([
      { kty: 'oct', k: 'AAAA' },
      { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' },
      { kty: 'RSA', n: 'AA', e: 'AQAB' },
      await published(other.publicKey),
      await published(ed.publicKey),
    ]);
    expect(await find(await signed(ed.privateKey, { alg: 'EdDSA' }), issuer)).toMatchObject({
      kty: 'OKP',
      kid: null,
      crv: 'Ed25519',
    });
  });
});

// As `approval/court/jws.ts` judges decisions: whoever logs in by an issuer can decide by it, too.
test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])(
  'a token is taken as it is judged: %s',
  async (alg) => {
    const issuer = await anIssuer([await published(rsa.publicKey)]);
    expect(await find(await signed(rsa.privateKey, { alg }), issuer)).toMatchObject({ kty: 'RSA' });
  },
);

describe('no key has signed', () => {
  test('a token of a key so weak that the journal does not take it', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const issuer = await anIssuer([await published(weak.publicKey)]);
    const header = Buffer.from('{"alg":"RS256"}').toString('base64url');
    const text = `${header}.${Buffer.from('{"sub":"robin"}').toString('base64url')}`;
    const signature = sign('sha256', Buffer.from(text), weak.privateKey).toString('base64url');
    await expect(find(`${text}.${signature}`, issuer)).rejects.toMatchObject({
      code: 'login_refused',
    });
  });

  test('a token of another key under a known id', async () => {
    const issuer = await anIssuer([await published(ec.publicKey, { kid: 'new' })]);
    const token = await signed(other.privateKey, { alg: 'ES256', kid: 'new' });
    await expect(find(token, issuer)).rejects.toMatchObject({ code: 'login_refused' });
  });

  test('a token under an id that is not published', async () => {
    const issuer = await anIssuer([await published(ec.publicKey, { kid: 'new' })]);
    const token = await signed(ec.privateKey, { alg: 'ES256', kid: 'old' });
    await expect(find(token, issuer)).rejects.toMatchObject({ code: 'login_refused' });
  });

  test('a token by a key that is published to encrypt', async () => {
    const issuer = await anIssuer([await published(ec.publicKey, { use: 'enc' })]);
    const token = await signed(ec.privateKey, { alg: 'ES256' });
    await expect(find(token, issuer)).rejects.toMatchObject({ code: 'login_refused' });
  });

  test.each([
    ['by nobody', async () => new UnsecuredJWT({ sub: 'robin' }).encode()],
    ['by a shared secret', async () => signed(shared, { alg: 'HS256' })],
    ['by nothing at all', async () => 'hello'],
    [
      'at great length',
      async () => signed(ec.privateKey, { alg: 'ES256' }, { sub: 'x'.repeat(20_000) }),
    ],
  ])('a token signed %s', async (_, make) => {
    const issuer = await anIssuer([await published(ec.publicKey)]);
    await expect(find(await make(), issuer)).rejects.toMatchObject({ code: 'login_refused' });
  });
});

describe('keys cannot be had', () => {
  test.each(['', 'not JSON', '{"keys":1}', '[]', `{"keys":[${'{},'.repeat(100)}{}]}`])(
    'from an issuer that answers %j',
    async (body) => {
      const issuer = await anIssuer(body);
      const token = await signed(ec.privateKey, { alg: 'ES256' });
      await expect(find(token, issuer)).rejects.toMatchObject({ code: 'issuer_unreachable' });
    },
  );

  test('from where an issuer of https sends us over http', async () => {
    const token = await signed(ec.privateKey, { alg: 'ES256' });
    const of = { issuer: 'https://login.example.com', timeoutMs: 10_000 };
    for (const jwksUri of [undefined, 'http://127.0.0.1:9/jwks']) {
      await expect(findSigningKey(token, { ...of, jwksUri })).rejects.toMatchObject({
        code: 'login_refused',
      });
    }
  });
});
