import { scopes, type TokenHolder, type TokenIssued } from '../../approval/token.ts';
import type { Sha256 } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import type { TokenRow } from '../rows.ts';
import type { Connection } from './connection.ts';

/** The row of `token.issued`. Revoked ones stay: whoever shows one is told what became of it. */
export function insertToken(db: Connection, { seq, time }: Recorded, data: TokenIssued): void {
  const { token, hash, holder, label, expires_at, by } = data;
  const insert = db.prepare(
    `insert into tokens
       (token, hash, holder_kind, holder_id, scopes, label, expires_at, issued_by, issued, seq)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const held = [holder.kind, holder.id, data.scopes.join(' ')];
  insert.run(token, hash, ...held, label, expires_at, by, time, seq);
}

/** The first `token.revoked` counts; a second one changes nothing. */
export function revokeToken(db: Connection, token: string, time: string): void {
  db.prepare('update tokens set revoked = ? where token = ? and revoked is null').run(time, token);
}

export function selectTokenByHash(db: Connection, hash: Sha256): TokenRow | null {
  const row = db.prepare<Row>(`select ${columns} from tokens where hash = ?`).get(hash);
  return row === undefined ? null : tokenRow(row);
}

export function selectToken(db: Connection, token: string): TokenRow | null {
  const row = db.prepare<Row>(`select ${columns} from tokens where token = ?`).get(token);
  return row === undefined ? null : tokenRow(row);
}

/** The entry that issued the newest token; -1 where there is none. */
export function selectNewestToken(db: Connection): number {
  return db.prepare<{ seq: number | null }>('select max(seq) as seq from tokens').get()?.seq ?? -1;
}

/** Newest first. */
export function selectTokens(db: Connection): readonly TokenRow[] {
  return db.prepare<Row>(`select ${columns} from tokens order by seq desc`).all().map(tokenRow);
}

const columns =
  'token, holder_kind, holder_id, scopes, label, expires_at, issued_by, issued, revoked, seq';

interface Row extends Omit<TokenRow, 'holder' | 'scopes' | 'by'> {
  readonly holder_kind: TokenHolder['kind'];
  readonly holder_id: string;
  /** With a space between them. */
  readonly scopes: string;
  readonly issued_by: string;
}

function tokenRow({ holder_kind, holder_id, scopes: written, issued_by, ...rest }: Row): TokenRow {
  const held = written.split(' ');
  return {
    ...rest,
    holder: { kind: holder_kind, id: holder_id },
    scopes: scopes.filter((scope) => held.includes(scope)),
    by: issued_by,
  };
}
