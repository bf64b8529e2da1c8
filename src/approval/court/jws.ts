import { isUtf8 } from 'node:buffer';
import { constants, verify } from 'node:crypto';
import * as v from 'valibot';
import { IntegrityError } from '../../base/errors.ts';
import { hasUniqueKeys } from '../../base/unique-keys.ts';
import type { IssuerKey } from '../people/passkeys.ts';
import { readIssuerKey } from './issuer-key.ts';

/** A signed text in its compact form (RFC 7515, 7.1), taken apart. Nothing of it is believed yet. */
export interface Jws {
  readonly algorithm: JwsAlgorithm;
  /** Which of the signer's keys; null where it does not say. */
  readonly kid: string | null;
  readonly payload: unknown;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/**
 * How a key of each algorithm (RFC 7518, RFC 8037) looks and what it hashes with. What is not here is
 * refused: `none`, and all that is made with a secret shared by both sides.
 */
const algorithms = {
  RS256: { kty: 'RSA', hash: 'sha256', pss: false },
  RS384: { kty: 'RSA', hash: 'sha384', pss: false },
  RS512: { kty: 'RSA', hash: 'sha512', pss: false },
  PS256: { kty: 'RSA', hash: 'sha256', pss: true },
  PS384: { kty: 'RSA', hash: 'sha384', pss: true },
  PS512: { kty: 'RSA', hash: 'sha512', pss: true },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256' },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384' },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: null },
} as const;

export type JwsAlgorithm = keyof typeof algorithms;

/** Far more than an issuer puts into a token that was asked for `openid` alone. */
const maxTokenCharacters = 16_384;

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));

/**
 * Keys that the text itself brings along (`jwk`, `x5c`, `jku`) are not looked at. `typ` keeps out what the
 * same issuer signs for other uses: access tokens, logout tokens.
 */
const headerSchema = v.looseObject({
  alg: v.custom<JwsAlgorithm>(
    (name) => typeof name === 'string' && Object.hasOwn(algorithms, name),
  ),
  kid: v.exactOptional(word),
  typ: v.exactOptional(v.pipe(v.string(), v.regex(/^(?:application\/)?jwt$/i))),
  crit: v.exactOptional(v.never()),
});

/** Takes a token apart: three canonical parts, plain JSON in two of them. Throws IntegrityError `login_unreadable`. */
export function readJws(token: string): Jws {
  const parts = token.length > maxTokenCharacters ? [] : token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3) {
    throw unreadable(`is not three parts within ${maxTokenCharacters} characters`);
  }
  const parsed = v.safeParse(headerSchema, jsonIn(header));
  if (!parsed.success) {
    throw unreadable('has a header that is not that of a signed ID token');
  }
  const { alg, kid } = parsed.output;
  return {
    algorithm: alg,
    kid: kid ?? null,
    payload: jsonIn(payload),
    signed: Buffer.from(`${header}.${payload}`, 'ascii'),
    signature: bytesIn(signature),
  };
}

/** Whether a key is the one that the text names, and of the kind that its algorithm takes. */
export function fitsKey(
  { algorithm, kid }: Pick<Jws, 'algorithm' | 'kid'>,
  key: IssuerKey,
): boolean {
  const asked = algorithms[algorithm];
  const isKind =
    asked.kty === key.kty && (!('crv' in asked) || ('crv' in key && asked.crv === key.crv));
  return isKind && (kid === null || key.kid === null || kid === key.kid);
}

/** Whether the signature holds under this key. False for a key that is unfit, too. */
export function holdsJws({ algorithm, signed, signature }: Jws, key: IssuerKey): boolean {
  const publicKey = readIssuerKey(key);
  if (publicKey === null) {
    return false;
  }
  const asked = algorithms[algorithm];
  const pss = 'pss' in asked && asked.pss;
  return verify(
    asked.hash,
    signed,
    {
      key: publicKey,
      // RFC 7518, 3.4: the two numbers one after the other, of fixed length. RFC 7518, 3.5: salt as long as the hash.
      dsaEncoding: 'ieee-p1363',
      ...(pss
        ? {
            padding: constants.RSA_PKCS1_PSS_PADDING,
            saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
          }
        : {}),
    },
    signature,
  );
}

function jsonIn(part: string): unknown {
  const bytes = bytesIn(part);
  const text = bytes.toString('utf8');
  const value = isUtf8(bytes) ? parse(text) : undefined;
  if (value === undefined || !hasUniqueKeys(text)) {
    throw unreadable('is not plain JSON: it cannot be read, or names a key twice');
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One text for one value: no padding, no other characters, no bits to spare. */
function bytesIn(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) {
    throw unreadable('is not canonical base64url');
  }
  return bytes;
}

function unreadable(what: string): IntegrityError {
  return new IntegrityError({ code: 'login_unreadable', message: `the ID token ${what}` });
}
