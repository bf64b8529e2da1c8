import type { People } from '../../approval/people/people.ts';
import { DeniedError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import { standingToken } from '../token/standing-token.ts';

/**
 * The name of the person whom a token lets decide, now. Throws as `standingToken`, and DeniedError
 * `agent_decides`, `scope_missing`.
 */
export async function decidingHolder(engine: Engine, id: string, people: People): Promise<string> {
  const { holder, scopes } = await standingToken(engine, id, people);
  if (holder.kind !== 'person') {
    throw new DeniedError({
      code: 'agent_decides',
      message: `token \`${id}\` is of ${holder.kind} \`${holder.id}\`, and only people decide`,
      hint: 'ask a person to decide',
    });
  }
  if (!scopes.includes('decide')) {
    throw new DeniedError({
      code: 'scope_missing',
      message: `token \`${id}\` does not carry \`decide\``,
      hint: 'sign it with your own key, or ask for a token with that scope',
    });
  }
  return holder.id;
}
