import { UsageError } from '../../base/errors.ts';
import type { TokenRow } from '../../store/rows.ts';
import type { Engine } from '../engine.ts';

/** The token a person means: a unique prefix of its id. Throws UsageError `token_unknown`, `token_ambiguous`. */
export async function findToken(engine: Engine, prefix: string): Promise<TokenRow> {
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
