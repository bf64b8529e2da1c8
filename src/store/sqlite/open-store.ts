import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { IntegrityError, JournalError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import type { CheckpointSigner } from '../../journal/signer.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store, StoreOptions } from '../store.ts';
import { sweepTemporary } from './blobs.ts';
import { Connection } from './connection.ts';
import { createGenesis, loadOrigin, nameLog } from './create.ts';
import { selectEntries } from './entries.ts';
import { explain, explained } from './faults.ts';
import type { Journal } from './journal.ts';
import { describeFile } from './journal-file.ts';
import { noTimes } from './latest-times.ts';
import { assertLocal } from './local-disk.ts';
import { migrate } from './migrate.ts';
import { SqliteStore } from './sqlite-store.ts';
import { loadTree } from './tree.ts';

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
    return new SqliteStore(journal, loadPublicKey(db), blobs);
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
    signer: lazy(() => loadSigner(db, origin, options)),
    signed: { note: null },
    times: noTimes(),
  };
}

/** Called inside a writing transaction: the key is made only while there is no entry yet. */
function loadSigner(db: Connection, origin: string, options: StoreOptions): CheckpointSigner {
  const isNew = loadTree(db).size === 0;
  const signer = options.signer(origin, isNew);
  if (!isNew && !signer.publicKey.equals(loadPublicKey(db))) {
    throw new JournalError({
      code: 'journal_key_wrong',
      message: `the key at hand is not the one that genesis of \`${origin}\` names`,
      hint: 'restore the `journal.key` that belongs to this journal',
    });
  }
  return signer;
}

function loadPublicKey(db: Connection): Buffer {
  const [first] = selectEntries(db, 0, 1);
  const event = first === undefined ? undefined : recordedOf(first).event;
  if (event?.type !== 'log.genesis') {
    throw new IntegrityError({ code: 'E_LEAF', message: 'entry 0 is not genesis' });
  }
  return Buffer.from(event.data.key.public, 'base64');
}
