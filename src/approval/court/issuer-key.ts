import { createPublicKey, type KeyObject } from 'node:crypto';
import * as v from 'valibot';
import type { IssuerKey } from '../people/passkeys.ts';

const kid = v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(1000)));
const number = v.pipe(v.string(), v.regex(/^[\w-]{1,3000}$/));

const rsa = { kty: v.literal('RSA'), kid, n: number, e: number };
const ec = {
  kty: v.literal('EC'),
  kid,
  crv: v.picklist(['P-256', 'P-384', 'P-521']),
  x: number,
  y: number,
};
const okp = { kty: v.literal('OKP'), kid, crv: v.literal('Ed25519'), x: number };

/** A key as an entry names it: nothing stands beside what is needed to check a signature. */
export const issuerKeySchema = v.variant('kty', [
  v.strictObject(rsa),
  v.strictObject(ec),
  v.strictObject(okp),
]);

const publishedSchema = v.variant('kty', [v.object(rsa), v.object(ec), v.object(okp)]);

/**
 * A key of a published set (RFC 7517) without what is not needed to check a signature, private members above
 * all. Null where it is of another kind, or `readIssuerKey` has none.
 */
export function parsePublishedKey(jwk: object): IssuerKey | null {
  const { success, output } = v.safeParse(publishedSchema, { kid: null, ...jwk });
  return success && readIssuerKey(output) !== null ? output : null;
}

/** Between what RFC 7518 asks for at least, and what would only keep whoever verifies busy. */
const [leastModulus, mostModulus] = [2048, 16_384];

/** A published key; null where it is none, or so weak that anybody could sign with it. */
export function readIssuerKey(jwk: IssuerKey): KeyObject | null {
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const { modulusLength = leastModulus, publicExponent = 65_537n } =
      key.asymmetricKeyDetails ?? {};
    const isSound =
      modulusLength >= leastModulus && modulusLength <= mostModulus && publicExponent >= 3n;
    return isSound ? key : null;
  } catch {
    return null;
  }
}
