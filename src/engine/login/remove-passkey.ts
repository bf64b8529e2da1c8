import { resolveInitiator } from '../../approval/people/initiator.ts';
import type { People } from '../../approval/people/people.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import type { PasskeyEnrolled } from '../../run/enrolment-events.ts';
import type { KnownPasskey } from '../../run/enrolments.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import type { RemovedPasskey } from '../login-reports.ts';
import { provenIdentities } from '../proof/proven-identities.ts';
import { refuseLong } from '../refuse-long.ts';
import { issuerOf } from '../token/commit-token.ts';
import { guardToken, standingToken } from '../token/standing-token.ts';
import { untilSettled } from '../until-settled.ts';
import { summarisePasskey } from './list-passkeys.ts';

/**
 * Takes a passkey from its owner, by its id or a unique prefix of it: what it signed counts for no step that
 * has not started, and the sessions that it opened end with it, by the same commit. Twice is the same as once.
 * Throws UsageError `passkey_unknown`, `passkey_ambiguous`, `reason_too_long`, DeniedError `scope_forbidden`.
 */
export async function removePasskey(
  engine: Engine,
  name: string,
  reason: string | null,
): Promise<RemovedPasskey> {
  refuseLong({ reason });
  return untilSettled(async () => {
    const found = await findPasskey(engine, name);
    await refuseOthers(engine, found);
    const { passkey } = found.data;
    const ended = found.removed_at === null ? await commitRemoval(engine, found.data, reason) : 0;
    return {
      ...summarisePasskey(engine, await findPasskey(engine, passkey)),
      sessions_ended: ended,
    };
  });
}

/** Answers how many sessions it ended. */
async function commitRemoval(
  engine: Engine,
  { passkey, person }: PasskeyEnrolled,
  reason: string | null,
): Promise<number> {
  const { store, clock } = engine;
  const by = issuerOf(engine);
  const tokens = await store.listTokens();
  const nowMs = clock.now().wallMs;
  const sessions = tokens.filter(
    (token) =>
      token.by === `passkey:${passkey}` &&
      token.revoked === null &&
      nowMs < Date.parse(token.expires_at),
  );
  const { duplicate } = await store.commit({
    run: null,
    expectedVersion: null,
    // Two that remove at once record it once.
    commandId: `passkey.${passkey}.removed`,
    events: [
      { type: 'passkey.removed', data: { passkey, person, reason, by } },
      ...sessions.map(({ token }) => ({ type: 'token.revoked', data: { token, by } }) as const),
    ],
    // Whoever held it may have logged in since the sessions were counted.
    guards: { ...guardToken(engine), newestToken: tokens[0]?.seq ?? -1 },
  });
  return duplicate ? 0 : sessions.length;
}

async function findPasskey({ store }: Engine, prefix: string): Promise<KnownPasskey> {
  const known = (await provenIdentities(store)).passkeys();
  const [found, ...others] = known.filter(({ data }) => data.passkey.startsWith(prefix));
  if (found === undefined || prefix === '') {
    throw new UsageError({
      code: 'passkey_unknown',
      message: `no passkey \`${prefix}\``,
      hint: '`runbook passkey list` lists them',
    });
  }
  if (others.length > 0) {
    throw new UsageError({
      code: 'passkey_ambiguous',
      message: `\`${prefix}\` could be any of ${others.length + 1} passkeys`,
      hint: '`runbook passkey list` lists them: name one by more of its id',
    });
  }
  return found;
}

/**
 * Through a server only its owner removes it, where they may decide; on the journal's own account any person:
 * an agent that could would keep people from saying no.
 */
async function refuseOthers(engine: Engine, { data }: KnownPasskey): Promise<void> {
  const { caller } = engine;
  const { people } = (await ensureConfig(engine)).rules;
  const { kind, chain } = resolveInitiator(people, caller);
  const isMachine = kind === 'agent' || kind === 'ci';
  if (isMachine || ('holder' in caller && !(await owns(engine, { data, people }, caller.token)))) {
    throw new DeniedError({
      code: 'scope_forbidden',
      message: `passkey \`${data.passkey}\` is \`${data.person}\`'s, and \`${chain[0]?.identity ?? 'nobody'}\` asks to remove it`,
      hint: `on the server, as a person: \`runbook passkey remove ${data.passkey}\``,
    });
  }
}

async function owns(
  engine: Engine,
  { data, people }: { readonly data: PasskeyEnrolled; readonly people: People },
  token: string,
): Promise<boolean> {
  const { holder, scopes } = await standingToken(engine, token, people);
  return holder.kind === 'person' && holder.id === data.person && scopes.includes('decide');
}
