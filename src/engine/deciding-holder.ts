import type { People } from '../approval/people.ts';
import { judgeToken } from '../approval/token.ts';
import { DeniedError, LoginError } from '../base/errors.ts';
import type { Engine } from './engine.ts';
import { proveToken } from './prove-token.ts';

/**
 * The name of the person whom a token lets decide, now. The door has asked before; between its
 * answer and this one the token may have been revoked. Throws LoginError `token_unknown`, `token_revoked`,
 * `token_expired`, `token_orphaned`, DeniedError `agent_decides`, `scope_missing`, IntegrityError
 * `token_unproven`.
 */
export async function decidingHolder(engine: Engine, id: string, people: People): Promise<string> {
  const row = (await engine.store.listTokens()).find(({ token }) => token === id);
  if (row === undefined) {
    throw new LoginError({
      code: 'token_unknown',
      message: `this journal has issued no token \`${id}\``,
      hint: 'ask whoever runs the server for one: `runbook token create`',
    });
  }
  const { holder, ...issued } = await proveToken(engine.store, row);
  const nowMs = engine.clock.now().wallMs;
  const judged = judgeToken({ ...issued, holder, revoked: row.revoked }, { nowMs, people });
  if (judged !== 'ok') {
    throw new LoginError(judged);
  }
  if (holder.kind !== 'person') {
    throw new DeniedError({
      code: 'agent_decides',
      message: `token \`${id}\` is of ${holder.kind} \`${holder.id}\`, and only people decide`,
      hint: 'ask a person to decide',
    });
  }
  if (!issued.scopes.includes('decide')) {
    throw new DeniedError({
      code: 'scope_missing',
      message: `token \`${id}\` does not carry \`decide\``,
      hint: 'sign it with your own key, or ask for a token with that scope',
    });
  }
  return holder.id;
}
