import type { TokenIssued } from '../../approval/token.ts';
import { IntegrityError } from '../../base/errors.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { TokenRow } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { openHead, proveEntry } from '../proof/prove-entry.ts';

/**
 * The entry that issued a token, proven to stand under the signed head. A row of the index is only the
 * way there: one that somebody wrote by hand, or changed, opens nothing. Throws IntegrityError
 * `token_unproven`, `E_PROOF`, `E_STH_SIG`.
 */
export async function proveToken(store: Store, row: TokenRow): Promise<TokenIssued> {
  const head = await openHead(store);
  const [stored] = await store.entries(row.seq, row.seq + 1);
  const entry = stored === undefined || row.seq >= head.size ? null : recordedOf(stored);
  if (entry?.event.type !== 'token.issued' || !isSame(row, entry.event.data)) {
    throw new IntegrityError({
      code: 'token_unproven',
      message: `entry ${row.seq} does not issue token \`${row.token}\` as the index says`,
      hint: 'run `runbook journal rebuild`, then `runbook audit verify`',
    });
  }
  await proveEntry(store, entry, head);
  return entry.event.data;
}

function isSame(row: TokenRow, issued: TokenIssued): boolean {
  return (
    row.token === issued.token &&
    row.holder.kind === issued.holder.kind &&
    row.holder.id === issued.holder.id &&
    row.scopes.join() === issued.scopes.join() &&
    row.expires_at === issued.expires_at
  );
}
