import type { Sha256 } from '../../base/ids.ts';
import type { Connection } from './connection.ts';

/** Keeps the salt of a private value; the same commitment always has the same salt. */
export function insertOpening(
  db: Connection,
  opening: { readonly commitment: Sha256; readonly salt: Buffer },
): void {
  const insert = db.prepare('insert or ignore into openings (commitment, salt) values (?, ?)');
  insert.run(opening.commitment, opening.salt);
}

export function selectOpening(db: Connection, commitment: Sha256): Buffer | null {
  const row = db
    .prepare<{ salt: Buffer }>('select salt from openings where commitment = ?')
    .get(commitment);
  return row?.salt ?? null;
}
