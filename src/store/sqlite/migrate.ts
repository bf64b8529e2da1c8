import { JournalError } from '../../base/errors.ts';
import type { Connection } from './connection.ts';
import { migrations } from './migrations.ts';

/**
 * Brings the schema to the newest version, forward only, each step in its own transaction. `onCreate`
 * runs inside the first one, so that a journal is either new or complete. Throws JournalError
 * `schema_newer` for a file that a later program wrote.
 */
export function migrate(db: Connection, onCreate: () => void): void {
  for (let from = version(db); from < migrations.length; from = version(db)) {
    db.immediate(() => step(db, from, onCreate));
  }
  const found = version(db);
  if (found > migrations.length) {
    throw new JournalError({
      code: 'schema_newer',
      message: `the journal has schema version ${found}, but this program knows versions up to ${migrations.length}`,
      hint: 'use the newer version of runbook that wrote it',
    });
  }
}

/** Version 0 is a file without a schema. Kept in SQLite's own header field. */
export function version(db: Connection): number {
  return Number(db.pragma('user_version'));
}

function step(db: Connection, from: number, onCreate: () => void): void {
  const sql = migrations[from];
  // Another process may have taken the step while this one waited for the lock.
  if (sql === undefined || version(db) !== from) {
    return;
  }
  db.script(sql);
  db.script(`pragma user_version = ${from + 1}`);
  if (from === 0) {
    onCreate();
  }
}
