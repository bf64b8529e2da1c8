import { timingSafeEqual } from 'node:crypto';
import type { People } from '../approval/people.ts';
import {
  formatSecret,
  hashSecret,
  isScope,
  judgeToken,
  personalScopes,
  personBehind,
  refusedLife,
  scopes,
  type TokenIssued,
} from '../approval/token.ts';
import { formatTime } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { DeniedError, LoginError, UsageError } from '../base/errors.ts';
import { newSecret, newTokenId } from '../base/ids.ts';
import type { TokenRow } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import type { Bearer } from './office.ts';
import { proveToken } from './prove-token.ts';
import type { TokenSummary } from './reports.ts';
import type { TokenInput } from './service.ts';

/**
 * Issues a token. Its secret is in the answer and nowhere else: a crash after the commit leaves a token
 * that nobody can use. Throws UsageError `scopes_invalid`, `expiry_invalid`, `holder_unknown`;
 * DeniedError `scope_forbidden`, `holder_forbidden`, `scope_missing`.
 */
export async function issueToken(
  engine: Engine,
  input: TokenInput,
): Promise<TokenSummary & { readonly secret: string }> {
  const { trusted } = await ensureConfig(engine);
  assertFit(input, trusted.people.value);
  await assertMayIssue(engine, input, trusted.people.value);
  const secret = formatSecret(newSecret());
  const data: TokenIssued = {
    token: newTokenId(),
    hash: sha256(secret),
    holder: { kind: input.holder.kind, id: input.holder.id },
    scopes: scopes.filter((scope) => input.scopes.includes(scope)),
    label: input.label,
    expires_at: formatTime(engine.clock.now().wallMs + input.expiresInMs),
    by: issuerOf(engine),
  };
  await engine.store.commit({
    run: null,
    expectedVersion: null,
    commandId: `token.${data.token}`,
    events: [{ type: 'token.issued', data }],
  });
  return { ...summarise(await findToken(engine, data.token)), secret };
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
    await assertAdmin(engine);
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

function assertFit({ holder, scopes: given, expiresInMs }: TokenInput, people: People): void {
  if (given.length === 0 || !given.every(isScope)) {
    throw new UsageError({
      code: 'scopes_invalid',
      message: `a token has scopes of \`${scopes.join('`, `')}\`, not \`${given.join(',')}\``,
    });
  }
  const refused = refusedLife(expiresInMs);
  if (refused !== null) {
    throw new UsageError({ code: 'expiry_invalid', message: refused });
  }
  if (personBehind(people, holder) === null) {
    const flag = { person: '', agent: ` --agent ${holder.id}`, ci: ` --agent ci:${holder.id}` };
    throw new UsageError({
      code: 'holder_unknown',
      message:
        holder.kind === 'person'
          ? `there is no person \`${holder.id}\` in \`people.yaml\``
          : `nobody in \`people.yaml\` answers for ${holder.kind} \`${holder.id}\``,
      hint: `runbook people add ${holder.kind === 'person' ? holder.id : 'NAME'}${flag[holder.kind]}`,
    });
  }
}

/**
 * Through the API nobody gives away what would let them be two people: `decide` or `admin` for somebody
 * else approves their own runs as that person, and `start` for somebody else starts what they then
 * approve as themselves. An agent or job on the server's own account gets no such token either.
 */
async function assertMayIssue(
  engine: Engine,
  { holder, scopes: given }: TokenInput,
  people: People,
): Promise<void> {
  const { caller } = engine;
  const [personal] = personalScopes(given);
  const isRemote = 'holder' in caller;
  const isClaimed = caller.agent !== undefined || caller.ci !== undefined;
  if (personal !== undefined && (holder.kind !== 'person' || isRemote || isClaimed)) {
    throw new DeniedError({
      code: 'scope_forbidden',
      message:
        holder.kind === 'person'
          ? `\`${personal}\` is given away only by a person with the account that keeps the journal`
          : `only a person can hold \`${personal}\`, not ${holder.kind} \`${holder.id}\``,
      hint:
        holder.kind === 'person'
          ? `on the server: \`runbook token create --person ${holder.id} --scope ${given.join(',')}\``
          : 'leave the scope out',
    });
  }
  if (isRemote) {
    await assertAdmin(engine);
    assertOwn(people, holder, personBehind(people, caller.holder)?.name ?? null);
  }
}

function assertOwn(people: People, holder: TokenInput['holder'], issuer: string | null): void {
  const behind = personBehind(people, holder)?.name ?? null;
  if (issuer === null || behind !== issuer) {
    throw new DeniedError({
      code: 'holder_forbidden',
      message: `\`${behind ?? 'nobody'}\` answers for ${holder.kind} \`${holder.id}\`, but \`${issuer ?? 'nobody'}\` asks for its token`,
      hint: `on the server: \`runbook token create --${holder.kind} ${holder.id}\``,
    });
  }
}

/** The account that keeps the journal may do all; the bearer of a token what its entry says. */
async function assertAdmin(engine: Engine): Promise<void> {
  const { caller, store } = engine;
  if (!('holder' in caller)) {
    return;
  }
  const own = await proveToken(store, await findToken(engine, caller.token));
  if (!own.scopes.includes('admin')) {
    throw new DeniedError({
      code: 'scope_missing',
      message: `token \`${caller.token}\` does not carry the scope \`admin\``,
      hint: `it carries \`${own.scopes.join('`, `')}\``,
    });
  }
}

async function findToken(engine: Engine, prefix: string): Promise<TokenRow> {
  const rows = (await engine.store.listTokens()).filter(({ token }) => token.startsWith(prefix));
  const [row, ...others] = rows;
  if (row === undefined || prefix === '') {
    throw new UsageError({
      code: 'token_unknown',
      message: `no token \`${prefix}\``,
      hint: '`runbook token list` lists them',
    });
  }
  if (others.length > 0) {
    throw new UsageError({
      code: 'token_ambiguous',
      message: `\`${prefix}\` could be any of ${rows.length} tokens`,
      hint: '`runbook token list` lists them: name one by more of its id',
    });
  }
  return row;
}

function issuerOf({ caller, account }: Engine): string {
  return 'holder' in caller ? `token:${caller.token}` : `os:${account}`;
}

function summarise(row: TokenRow): TokenSummary {
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
