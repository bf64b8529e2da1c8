import { parseKeyStatement } from '../../approval/statement/key-statement.ts';
import { parseVerifierKey } from '../../journal/verifier-key.ts';
import type { Engine } from '../engine.ts';
import type { PreparedChange } from '../service.ts';

/** Removes the key that was made for a rotation which will not be signed; never one that the log names. */
export async function abandonChange(
  { store }: Engine,
  { statement }: Pick<PreparedChange, 'statement'>,
): Promise<void> {
  const change = parseKeyStatement(statement);
  if (change.act === 'rotate') {
    await store.discardKey(parseVerifierKey(change.to).publicKey);
  }
}
