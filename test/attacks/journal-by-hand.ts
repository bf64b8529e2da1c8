import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Scene } from '../support/scene.ts';

/** The journal's file as its owner can open it: nothing in the way, the triggers gone. */
export function byHand<Result>(scene: Scene, work: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(join(scene.state, 'journal.sqlite'));
  try {
    for (const trigger of ['entries_follow', 'entries_stay', 'entries_remain']) {
      db.exec(`drop trigger if exists ${trigger}`);
    }
    return work(db);
  } finally {
    db.close();
  }
}

/** One stored entry, read as text. */
export function entryAt(db: Sqlite.Database, seq: number): string {
  const row = db.prepare('select bytes from entries where seq = ?').get(seq) as { bytes: Buffer };
  return row.bytes.toString('utf8');
}

/** The sequence number of the newest entry of a type. */
export function newest(db: Sqlite.Database, type: string): number {
  const row = db.prepare('select max(seq) as seq from events where type = ?').get(type);
  return (row as { seq: number }).seq;
}

/** Stores other bytes in an entry's place. */
export function setEntry(db: Sqlite.Database, seq: number, text: string): void {
  db.prepare('update entries set bytes = ? where seq = ?').run(Buffer.from(text), seq);
}
