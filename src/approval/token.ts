import { sha256 } from '../base/digest.ts';
import { formatDuration } from '../base/duration.ts';
import type { Sha256 } from '../base/ids.ts';
import { personNamed, personOf } from './people/identity.ts';
import type { People, Person } from './people/people.ts';

/** What a token lets its holder do at the API. */
export const scopes = ['start', 'read', 'decide', 'admin'] as const;

/**
 * `start`: start runs, and follow, resume and cancel the runs this token started. `read`: see every run,
 * request and entry. `decide`: approve, reject and revoke as the person it was issued to. `admin`: revoke
 * tokens, and issue some that carry neither `decide` nor `admin`, for oneself and what one answers for.
 */
export type Scope = (typeof scopes)[number];

/** Who a token speaks for. Only a person can hold `decide` or `admin`. */
export interface TokenHolder {
  readonly kind: 'person' | 'agent' | 'ci';
  /** A person's name, an agent's id, `github/acme/infra`. */
  readonly id: string;
}

/** The `data` of `token.issued`. The secret is 256 random bits, shown once and kept nowhere. */
export interface TokenIssued {
  /** Public id: 16 characters, as a run's. */
  readonly token: string;
  /** SHA-256 of the secret as text. */
  readonly hash: Sha256;
  readonly holder: TokenHolder;
  readonly scopes: readonly Scope[];
  /** What it is for, in the issuer's words. */
  readonly label: string | null;
  /** RFC 3339. */
  readonly expires_at: string;
  /** Whoever issued it: `os:root@web1`, `token:4f7k…`. */
  readonly by: string;
}

/** Why a token opens nothing, in words. */
export interface TokenRefusal {
  readonly code: 'token_expired' | 'token_revoked' | 'token_orphaned';
  readonly message: string;
  readonly hint: string;
}

/** `rbk_` and 43 base64url characters, from 32 random bytes. The prefix lets scanners of leaks know it. */
export function formatSecret(bytes: Buffer): string {
  return `rbk_${bytes.toString('base64url')}`;
}

/** The hash that a secret is known by; null for a text of another shape, however long it is. */
export function hashSecret(text: string): Sha256 | null {
  return secretForm.test(text) ? sha256(text) : null;
}

const secretForm = /^rbk_[A-Za-z0-9_-]{43}$/;

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

/**
 * The scopes that only a person can hold, of those given. An agent or a job that could decide would
 * approve its own steps; one that administers could make itself such a token.
 */
export function personalScopes(given: readonly Scope[]): readonly Scope[] {
  return given.filter((scope) => scope === 'decide' || scope === 'admin');
}

/** The person who answers for the holder: itself, or whoever owns the agent or job. Null where nobody does. */
export function personBehind(people: People, { kind, id }: TokenHolder): Person | null {
  return kind === 'person' ? personNamed(people, id) : personOf(people, `${kind}:${id}`);
}

/** How long a token may live: short enough that a forgotten one dies, long enough to be used at all. */
const [shortestMs, longestMs] = [60_000, 366 * 86_400_000];

/** Why a token cannot live this long, in words; null where it can. */
export function refusedLife(expiresInMs: number): string | null {
  const fits = expiresInMs >= shortestMs && expiresInMs <= longestMs;
  return fits
    ? null
    : `a token lives from ${formatDuration(shortestMs)} to ${formatDuration(longestMs)}`;
}

/** Whether a token opens anything at `nowMs`. Its last moment is the one before `expires_at`. */
export function judgeToken(
  issued: Pick<TokenIssued, 'token' | 'holder' | 'expires_at'> & {
    readonly revoked: string | null;
  },
  { nowMs, people }: { readonly nowMs: number; readonly people: People },
): TokenRefusal | 'ok' {
  const { token, holder, expires_at, revoked } = issued;
  if (revoked !== null) {
    return {
      code: 'token_revoked',
      message: `token \`${token}\` was revoked at ${revoked}`,
      hint: another,
    };
  }
  // Not `>=`: a time that cannot be read is no time to go on until.
  if (!(nowMs < Date.parse(expires_at))) {
    return {
      code: 'token_expired',
      message: `token \`${token}\` expired at ${expires_at}`,
      hint: another,
    };
  }
  if (personBehind(people, holder) === null) {
    return {
      code: 'token_orphaned',
      message: `nobody in \`people.yaml\` answers for ${holder.kind} \`${holder.id}\` any more`,
      hint: 'ask whoever keeps `people.yaml` on the server',
    };
  }
  return 'ok';
}

const another = 'ask whoever runs the server for another: `runbook token create`';
