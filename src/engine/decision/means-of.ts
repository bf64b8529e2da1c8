import { type AttestedCourt, attestedAssurance } from '../../approval/court/judge-attested.ts';
import { accountIdentity } from '../../approval/people/initiator.ts';
import type { Means } from '../../approval/tally/means.ts';
import { judgeToken } from '../../approval/token.ts';
import type { Engine } from '../engine.ts';

/** How the people of `people.yaml` can decide a run of this initiator, besides signing. `served`: see `AttestedCourt`. */
export async function meansOf(
  engine: Engine,
  of: Pick<AttestedCourt, 'people' | 'initiator' | 'served'>,
): Promise<Means> {
  const at = { nowMs: engine.clock.now().wallMs, people: of.people };
  const tokens = (await engine.store.listTokens()).filter(
    (token) =>
      token.holder.kind === 'person' &&
      token.scopes.includes('decide') &&
      judgeToken(token, at) === 'ok',
  );
  return {
    heardBy: engine.attesting,
    logins: takesLogins(engine),
    host: engine.host.toLowerCase(),
    tokens: new Set(tokens.map(({ holder }) => holder.id)),
    level: attestedAssurance(accountIdentity(engine.account), of),
  };
}

/** Whether `config.yaml` names issuers that people can log in with. Which ones the server alone reads. */
export function takesLogins(engine: Engine): boolean {
  return engine.trusted().config.value.login !== null;
}
