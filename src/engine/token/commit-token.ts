import { formatSecret, scopes, type TokenIssued } from '../../approval/token.ts';
import { formatTime } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { LoginError } from '../../base/errors.ts';
import { newSecret, newTokenId } from '../../base/ids.ts';
import type { TokenRow } from '../../store/rows.ts';
import type { CommitInput } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import type { TokenSummary } from '../login-reports.ts';
import type { TokenInput } from '../service.ts';
import { findToken } from './find-token.ts';

/** A token that may be issued: whoever asks has been judged. */
export interface NewToken extends Pick<TokenInput, 'holder' | 'scopes' | 'label'> {
  /** Wall clock. */
  readonly endMs: number;
  /** As `TokenIssued.by`. */
  readonly by: string;
  readonly guards?: NonNullable<CommitInput['guards']>;
  /** What it is issued for, which is good for one token. */
  readonly once?: string | null;
}

/**
 * Issues a token. Its secret is in the answer and nowhere else: a crash after the commit leaves a token that
 * nobody can use. Throws LoginError `login_refused` where what it is issued for has had its token.
 */
export async function commitToken(
  engine: Engine,
  { holder, scopes: given, label, endMs, by, guards = {}, once = null }: NewToken,
): Promise<TokenSummary & { readonly secret: string }> {
  const secret = formatSecret(newSecret());
  const data: TokenIssued = {
    token: newTokenId(),
    hash: sha256(secret),
    holder: { kind: holder.kind, id: holder.id },
    scopes: scopes.filter((scope) => given.includes(scope)),
    label,
    expires_at: formatTime(endMs),
    by,
  };
  const { duplicate } = await engine.store.commit({
    run: null,
    expectedVersion: null,
    commandId: `token.${once ?? data.token}`,
    events: [{ type: 'token.issued', data }],
    guards,
  });
  if (duplicate) {
    throw new LoginError({
      code: 'login_refused',
      message: 'this login was used before',
      hint: 'log in again',
    });
  }
  return { ...summarise(await findToken(engine, data.token)), secret };
}

/** Who acts here, as entries name them: `os:root@web1`, `token:4f7k…`. */
export function issuerOf({ caller, account }: Pick<Engine, 'caller' | 'account'>): string {
  return 'holder' in caller ? `token:${caller.token}` : `os:${account}`;
}

export function summarise(row: TokenRow): TokenSummary {
  return {
    token: row.token,
    holder: row.holder,
    scopes: row.scopes,
    label: row.label,
    issued_at: row.issued,
    expires_at: row.expires_at,
    revoked_at: row.revoked,
    issued_by: row.by,
  };
}
