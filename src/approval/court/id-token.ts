import * as v from 'valibot';
import { IntegrityError } from '../../base/errors.ts';
import { type Jws, readJws } from './jws.ts';

/**
 * What an OpenID issuer says of somebody who logged in (OpenID Connect Core 1.0, section 2), as far as it
 * is looked at. Whether it may be believed is judged in `judge-login.ts`.
 */
export interface IdToken {
  readonly jws: Jws;
  readonly issuer: string;
  /** Who somebody is to that issuer. */
  readonly subject: string;
  readonly audience: readonly string[];
  /** For whom of several in the audience it was made; null where it does not say. */
  readonly party: string | null;
  readonly nonce: string | null;
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** When they last showed who they are; null where the issuer does not say. */
  readonly loggedInMs: number | null;
}

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
/** Seconds since 1970, as RFC 7519 has it: with a fraction, where the issuer likes. */
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e12));

const claimsSchema = v.looseObject({
  iss: word,
  sub: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  aud: v.union([word, v.pipe(v.array(word), v.minLength(1), v.maxLength(100))]),
  azp: v.exactOptional(word),
  nonce: v.exactOptional(word),
  iat: seconds,
  exp: seconds,
  auth_time: v.exactOptional(seconds),
});

/** Reads an ID token in its compact form. Throws IntegrityError `login_unreadable`. */
export function readIdToken(token: string): IdToken {
  const jws = readJws(token);
  const parsed = v.safeParse(claimsSchema, jws.payload);
  if (!parsed.success) {
    throw new IntegrityError({
      code: 'login_unreadable',
      message: 'the ID token does not say what one has to say',
    });
  }
  const { iss, sub, aud, azp, nonce, iat, exp, auth_time } = parsed.output;
  return {
    jws,
    issuer: iss,
    subject: sub,
    audience: typeof aud === 'string' ? [aud] : aud,
    party: azp ?? null,
    nonce: nonce ?? null,
    issuedMs: iat * 1000,
    expiresMs: exp * 1000,
    loggedInMs: auth_time === undefined ? null : auth_time * 1000,
  };
}

/** As the initiator chain and `people.yaml` name somebody: `oidc:ISSUER#SUBJECT`. */
export function oidcIdentity({ issuer, subject }: Pick<IdToken, 'issuer' | 'subject'>): string {
  return `oidc:${issuer}#${subject}`;
}
