import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** One execution of a plan: 16 lower-case Crockford base32 characters (80 random bits). */
export type RunId = Brand<'RunId'>;
/** One request for approval, same form as a run's id. Never a capability: knowing it allows nothing. */
export type RequestId = Brand<'RequestId'>;
/** 64 lower-case hex characters. */
export type Sha256 = Brand<'Sha256'>;
/** A stored blob: SHA-256 over salt ‖ bytes, in hex. */
export type BlobId = Brand<'BlobId'>;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

function randomId(characters: number): string {
  return [...randomBytes(characters)].map((byte) => alphabet.charAt(byte & 31)).join('');
}

/** A fresh run id. */
export function newRunId(): RunId {
  return randomId(16) as RunId;
}

/** A fresh request id. */
export function newRequestId(): RequestId {
  return randomId(16) as RequestId;
}

/** The random part of a log's origin, same form as a run's id: no two logs share a name. */
export function newLogId(): string {
  return randomId(16);
}

/** A fresh token's public id, same form as a run's. What opens is its secret. */
export function newTokenId(): string {
  return randomId(16);
}

/** 256 random bits: what a token's secret is made of. */
export function newSecret(): Buffer {
  return randomBytes(32);
}

/** 128 random bits in hex: command ids, statement nonces, `RUNBOOK_ATTEMPT`. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

/** 32 random bytes: the salt of one blob or of one private value. */
export function newSalt(): Buffer {
  return randomBytes(32);
}

/** True where `text` has the form of a run's id; whether there is such a run is the journal's to say. */
export function isRunId(text: string): text is RunId {
  return /^[0-9a-hjkmnp-tv-z]{16}$/.test(text);
}

/**
 * 40 random bits for a person to read and type: 8 Crockford base32 characters, none of which looks like
 * another. Good for minutes and a few tries.
 */
export function newCode(): string {
  return randomId(8);
}

/** The code that somebody meant: case, hyphens, blanks, and `O`, `I` and `L` for digits do not matter. */
export function normalizeCode(typed: string): string {
  return typed.replaceAll(/[\s-]/g, '').toLowerCase().replaceAll('o', '0').replaceAll(/[il]/g, '1');
}

/** True where `text` is 64 lower-case hex characters. */
export function isSha256(text: string): text is Sha256 {
  return /^[0-9a-f]{64}$/.test(text);
}
