import type { People } from '../approval/people.ts';
import { judgeToken } from '../approval/token.ts';
import { DeniedError, LoginError } from '../base/errors.ts';
import type { Engine } from './engine.ts';

/**
 * The name of the person whom a token lets decide, now. The door has asked before; between its
 * answer and this one the token may have been revoked. Throws LoginError `token_unknown`, `token_revoked`,
 * `token_expired`, `token_orphaned`, DeniedError `agent_decides`, `scope_missing`.
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
  const judged = judgeToken(row, { nowMs: engine.clock.now().wallMs, people });
  if (judged !== 'ok') {
    throw new LoginError(judged);
  }
  if (row.holder.kind !== 'person') {
    throw new DeniedError({
      code: 'agent_decides',
      message: `token \`${id}\` is of ${row.holder.kind} \`${row.holder.id}\`, and only people decide`,
      hint: 'ask a person to decide',
    });
  }
  if (!row.scopes.includes('decide')) {
    throw new DeniedError({
      code: 'scope_missing',
      message: `token \`${id}\` does not carry \`decide\``,
      hint: 'sign it with your own key, or ask for a token with that scope',
    });
  }
  return row.holder.id;
}
