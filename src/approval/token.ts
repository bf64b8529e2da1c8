import type { Sha256 } from '../base/ids.ts';

/** What a token lets its holder do at the API. */
export const scopes = ['start', 'read', 'decide', 'admin'] as const;

/**
 * `start`: start runs, and follow, resume and cancel the runs this token started. `read`: see every run,
 * request and entry. `decide`: approve, reject and revoke as the person it was issued to. `admin`: issue
 * and revoke tokens that carry neither `decide` nor `admin`.
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
