import type { RunId, Sha256 } from '../../base/ids.ts';
import type { PrunedEntry } from '../rows.ts';
import type { Connection } from './connection.ts';

/** Entries `from <= seq < to` of which only the leaf hash is kept, in order. */
export function selectPruned(db: Connection, from: number, to: number): readonly PrunedEntry[] {
  return db
    .prepare<Row>('select seq, hash, time from pruned where seq >= ? and seq < ? order by seq')
    .all(from, to)
    .map(({ hash, ...row }) => ({ ...row, hash: hash.toString('hex') as Sha256 }));
}

/** Runs whose id begins with `prefix` and of which entries were pruned. */
export function selectPrunedRuns(db: Connection, prefix: string): readonly RunId[] {
  return db
    .prepare<{ run: RunId }>('select distinct run from pruned where run between ? and ?')
    .all(prefix, `${prefix}\u{10ffff}`)
    .map(({ run }) => run);
}

export function hasPruned(db: Connection): boolean {
  return db.prepare<object>('select 1 from pruned limit 1').get() !== undefined;
}

/** The first entry that names it counts. */
export function insertErased(db: Connection, id: string, seq: number): void {
  db.prepare('insert or ignore into erased (id, seq) values (?, ?)').run(id, seq);
}

/** The entry that says that a blob or an opening was erased; null where none does. */
export function selectErased(db: Connection, id: string): number | null {
  return db.prepare<{ seq: number }>('select seq from erased where id = ?').get(id)?.seq ?? null;
}

interface Row {
  readonly seq: number;
  readonly hash: Buffer;
  readonly time: string;
}
