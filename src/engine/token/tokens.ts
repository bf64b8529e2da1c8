import { timingSafeEqual } from 'node:crypto';
import { hashSecret, judgeToken } from '../../approval/token.ts';
import { LoginError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import type { TokenSummary } from '../login-reports.ts';
import type { Bearer } from '../office.ts';
import type { TokenInput } from '../service.ts';
import { commitToken, issuerOf, summarise } from './commit-token.ts';
import { findToken } from './find-token.ts';
import { proveToken } from './prove-token.ts';
import { refuseForeign, refuseNoAdmin, refuseUnfit } from './refuse-token.ts';

/**
 * Issues a token, which never outlives the one that it is issued with. Throws UsageError `scopes_invalid`, `expiry_invalid`, `label_too_long`,
 * `holder_unknown`; DeniedError `scope_forbidden`, `holder_forbidden`, `scope_missing`.
 */
export async function issueToken(
  engine: Engine,
  input: TokenInput,
): Promise<TokenSummary & { readonly secret: string }> {
  const { trusted } = await ensureConfig(engine);
  refuseUnfit(input, trusted.people.value);
  await refuseForeign(engine, input, trusted.people.value);
  const endMs = engine.clock.now().wallMs + input.expiresInMs;
  return commitToken(engine, {
    ...input,
    endMs: Math.min(endMs, await issuersEnd(engine)),
    by: issuerOf(engine),
  });
}

/** Newest first, those that open nothing any more too. */
export async function listTokens(engine: Engine): Promise<readonly TokenSummary[]> {
  return (await engine.store.listTokens()).map(summarise);
}

/**
 * Revokes a token, by its id or a unique prefix of it; twice is the same as once. Whoever bears a token
 * may revoke that one. Throws UsageError `token_unknown`, `token_ambiguous`; DeniedError `scope_missing`.
 */
export async function revokeToken(engine: Engine, name: string): Promise<TokenSummary> {
  const { token, revoked } = await findToken(engine, name);
  const { caller } = engine;
  if (!('holder' in caller && caller.token === token)) {
    await refuseNoAdmin(engine);
  }
  if (revoked === null) {
    await engine.store.commit({
      run: null,
      expectedVersion: null,
      // Two that revoke at once record it once.
      commandId: `token.${token}.revoked`,
      events: [{ type: 'token.revoked', data: { token, by: issuerOf(engine) } }],
    });
  }
  return summarise(await findToken(engine, token));
}

/**
 * Who bears this secret, as the entry says that issued it. Throws LoginError `token_unknown`,
 * `token_expired`, `token_revoked`, `token_orphaned`; IntegrityError `token_unproven`.
 */
export async function authenticate(engine: Engine, secret: string): Promise<Bearer> {
  const hash = hashSecret(secret);
  const row = hash === null ? null : await engine.store.tokenByHash(hash);
  if (hash === null || row === null) {
    throw unknownSecret();
  }
  const issued = await proveToken(engine.store, row);
  if (!timingSafeEqual(Buffer.from(hash), Buffer.from(issued.hash))) {
    throw unknownSecret();
  }
  const people = engine.trusted().people.value;
  const nowMs = engine.clock.now().wallMs;
  const verdict = judgeToken({ ...issued, revoked: row.revoked }, { nowMs, people });
  if (verdict !== 'ok') {
    throw new LoginError(verdict);
  }
  return {
    caller: { token: issued.token, holder: issued.holder },
    scopes: issued.scopes,
    expires_at: issued.expires_at,
  };
}

/** Says nothing of what was given: it may be another system's secret. */
function unknownSecret(): LoginError {
  return new LoginError({
    code: 'token_unknown',
    message: 'this token is not one of this server',
    hint: 'ask whoever runs the server for one: `runbook token create`',
  });
}

/** A stolen token must not make itself a longer life. */
async function issuersEnd(engine: Engine): Promise<number> {
  const { caller, store } = engine;
  if (!('holder' in caller)) {
    return Number.POSITIVE_INFINITY;
  }
  const own = await proveToken(store, await findToken(engine, caller.token));
  return Date.parse(own.expires_at);
}
