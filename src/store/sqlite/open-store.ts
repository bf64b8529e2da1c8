import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store, StoreOptions } from '../store.ts';
import { sweepTemporary } from './blobs.ts';
import { Connection } from './connection.ts';
import { createGenesis, loadOrigin, nameLog } from './create.ts';
import { explain, explained } from './faults.ts';
import type { Journal } from './journal.ts';
import { describeFile } from './journal-file.ts';
import { noTimes } from './latest-times.ts';
import { assertLocal } from './local-disk.ts';
import { migrate } from './migrate.ts';
import { SqliteStore } from './sqlite-store.ts';

/**
 * Opens the journal in `options.dir`, and makes it where there is none: however many processes come
 * first, there is one genesis. Throws ConfigError `not_local`, `sqlite_unfit`; JournalError
 * `journal_missing`, `schema_newer`, `journal_unwritable`, `journal_full`.
 */
export function openSqliteStore(options: StoreOptions): Store {
  const { dir } = options;
  explained(dir, () => mkdirSync(dir, { recursive: true, mode: 0o700 }));
  assertLocal(dir);
  const path = join(dir, 'journal.sqlite');
  const db = explained(path, () => new Connection(path));
  try {
    migrate(db, () => nameLog(db, join(dir, 'journal.key')));
    const journal = openJournal(db, path, options);
    createGenesis(journal, options.genesis);
    const blobs = join(dir, 'blobs');
    sweepTemporary(blobs, options.clock.now().wallMs);
    return new SqliteStore(journal, blobs);
  } catch (error) {
    db.close();
    throw explain(path, error);
  }
}

function openJournal(db: Connection, path: string, options: StoreOptions): Journal {
  const origin = loadOrigin(db);
  return {
    db,
    file: describeFile(path),
    reserve: join(options.dir, 'reserve'),
    clock: options.clock,
    origin,
    keys: options.keys,
    known: { read: null, signer: null },
    signed: { note: null },
    times: noTimes(),
  };
}
