import { accountIdentity } from '../approval/initiator.ts';
import { attestedAssurance } from '../approval/judge-attested.ts';
import type { Means } from '../approval/means.ts';
import type { Initiator, People } from '../approval/people.ts';
import { judgeToken } from '../approval/token.ts';
import type { Engine } from './engine.ts';

/** How the people of `people.yaml` can decide a run of this initiator, besides signing. */
export async function meansOf(
  engine: Engine,
  of: { readonly people: People; readonly initiator: Initiator },
): Promise<Means> {
  const at = { nowMs: engine.clock.now().wallMs, people: of.people };
  const tokens = (await engine.store.listTokens()).filter(
    (token) =>
      token.holder.kind === 'person' &&
      token.scopes.includes('decide') &&
      judgeToken(token, at) === 'ok',
  );
  return {
    ...engine.attesting,
    tokens: new Set(tokens.map(({ holder }) => holder.id)),
    level: attestedAssurance(accountIdentity(engine.account), of),
  };
}
