import { generateKeyPairSync } from 'node:crypto';
import { CompactSign, exportJWK, type JWK } from 'jose';
import type { LoginEvidence } from '../../src/approval/court/attested.ts';
import type { JwsAlgorithm } from '../../src/approval/court/jws.ts';
import type { IssuerKey } from '../../src/approval/people/passkeys.ts';
import { sha256 } from '../../src/base/digest.ts';

export const issuer = 'https://login.example.com';
export const client = 'runbook';

/** What an issuer signs with. `jose` signs, which we did not write. */
export interface IdSigner {
  readonly algorithm: JwsAlgorithm;
  /** As an `issuer.keys` entry has it. */
  readonly key: IssuerKey;
  sign(claims: unknown, header?: object): Promise<string>;
}

/** A new key for this algorithm, of this many bits where it is RSA. */
export async function idSigner(
  algorithm: JwsAlgorithm,
  { kid = 'first', bits = 2048 }: { readonly kid?: string | null; readonly bits?: number } = {},
): Promise<IdSigner> {
  const { privateKey, publicKey } = keyPair(algorithm, bits);
  return {
    algorithm,
    key: issuerKey(await exportJWK(publicKey), kid),
    sign: (claims, header = {}) =>
      new CompactSign(Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)))
        .setProtectedHeader({ alg: algorithm, ...(kid === null ? {} : { kid }), ...header })
        .sign(privateKey),
  };
}

const curves: Readonly<Partial<Record<JwsAlgorithm, string>>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
};

function keyPair(algorithm: JwsAlgorithm, bits: number) {
  const namedCurve = curves[algorithm];
  if (namedCurve !== undefined) {
    return generateKeyPairSync('ec', { namedCurve });
  }
  return algorithm === 'EdDSA'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('rsa', { modulusLength: bits });
}

function issuerKey(
  { kty, crv, n = '', e = '', x = '', y = '' }: JWK,
  kid: string | null,
): IssuerKey {
  if (kty === 'RSA') {
    return { kty: 'RSA', kid, n, e };
  }
  return crv === 'P-256' || crv === 'P-384' || crv === 'P-521'
    ? { kty: 'EC', kid, crv, x, y }
    : { kty: 'OKP', kid, crv: 'Ed25519', x };
}

/** What the issuer says of somebody who has just logged in for this statement. */
export function claimsFor(statement: string, subject: string, more: object = {}): object {
  const { time } = JSON.parse(statement) as { readonly time: string };
  const seconds = Math.floor(Date.parse(time) / 1000) + 5;
  return {
    iss: issuer,
    aud: client,
    sub: subject,
    nonce: sha256(statement),
    iat: seconds,
    auth_time: seconds,
    exp: seconds + 300,
    ...more,
  };
}

/** The evidence of such a login. */
export async function loginFor(
  signer: IdSigner,
  statement: string,
  subject: string,
  more: object = {},
): Promise<LoginEvidence> {
  return { issuer, client, token: await signer.sign(claimsFor(statement, subject, more)) };
}
