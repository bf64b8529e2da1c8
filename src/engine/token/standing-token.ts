import type { People } from '../../approval/people/people.ts';
import { judgeToken, type TokenIssued } from '../../approval/token.ts';
import { LoginError } from '../../base/errors.ts';
import type { CommitInput } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { proveToken } from './prove-token.ts';

/**
 * What the entry says that issued this token, while it opens anything. The door has asked before; since
 * then the token may have been revoked. Throws LoginError `token_unknown`, `token_revoked`,
 * `token_expired`, `token_orphaned`, IntegrityError `token_unproven`.
 */
export async function standingToken(
  engine: Engine,
  id: string,
  people: People,
): Promise<TokenIssued> {
  const row = (await engine.store.listTokens()).find(({ token }) => token === id);
  if (row === undefined) {
    throw new LoginError({
      code: 'token_unknown',
      message: `this journal has issued no token \`${id}\``,
      hint: 'ask whoever runs the server for one: `runbook token create`',
    });
  }
  const issued = await proveToken(engine.store, row);
  const nowMs = engine.clock.now().wallMs;
  const judged = judgeToken({ ...issued, revoked: row.revoked }, { nowMs, people });
  if (judged !== 'ok') {
    throw new LoginError(judged);
  }
  return issued;
}

/** What the bearer of a token commits is guarded by: until the very entry the token must stand. */
export function guardToken({ caller }: Engine): NonNullable<CommitInput['guards']> {
  return 'holder' in caller ? { tokenStands: caller.token } : {};
}

/** After a commit that was guarded so and refused: throws as `standingToken` where the token was why. */
export async function refuseEndedToken(engine: Engine, people: People): Promise<void> {
  if ('holder' in engine.caller) {
    await standingToken(engine, engine.caller.token, people);
  }
}
