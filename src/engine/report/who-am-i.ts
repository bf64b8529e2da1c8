import { chainPeople, resolveInitiator } from '../../approval/people/initiator.ts';
import { scopes } from '../../approval/token.ts';
import { LoginError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { Me } from '../login-reports.ts';

/** Whom the engine takes its caller for. Throws LoginError `token_unknown` for a token that is not there. */
export async function whoAmI(engine: Engine): Promise<Me> {
  const { caller, store } = engine;
  const { kind, chain } = resolveInitiator(engine.trusted().people.value, caller);
  const [person = null] = chainPeople({ kind, chain });
  const who = { kind, person, origin: store.origin };
  if (!('holder' in caller)) {
    return { identity: `os:${caller.osUser}`, ...who, scopes, expires_at: null };
  }
  const tokens = await store.listTokens();
  const own = tokens.find(({ token }) => token === caller.token);
  if (own === undefined) {
    throw new LoginError({
      code: 'token_unknown',
      message: `token \`${caller.token}\` is not one of this journal`,
    });
  }
  const { scopes: held, expires_at } = own;
  return { identity: `token:${caller.token}`, ...who, scopes: held, expires_at };
}
