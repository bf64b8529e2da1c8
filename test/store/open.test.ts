import { chownSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newNonce, newRunId } from '../../src/base/ids.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { assertFits } from '../../src/store/sqlite/driver.ts';
import { networkName } from '../../src/store/sqlite/local-disk.ts';
import { migrate, version } from '../../src/store/sqlite/migrate.ts';
import { migrations } from '../../src/store/sqlite/migrations.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { CommitInput } from '../../src/store/store.ts';
import { runStarted } from '../support/some-events.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openTempStore, storeOptions, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
let file: string;
beforeEach(() => {
  temp = openTempStore();
  file = join(temp.dir, 'journal.sqlite');
});
afterEach(async () => {
  await temp.remove();
});

function someCommit(): CommitInput {
  return { run: newRunId(), expectedVersion: 0, commandId: newNonce(), events: [runStarted()] };
}

/** A connection that nobody taught anything. */
function raw<Result>(work: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

describe('opening', () => {
  test('makes the folder for its owner alone, with key and reserve in it', async () => {
    const dir = join(tempFolder(), 'a', 'b');
    const store = openSqliteStore(storeOptions(dir));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    await store.commit(someCommit());
    expect(statSync(join(dir, 'journal.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'reserve')).size).toBe(1024 * 1024);
    await store.close();
  });

  test('finds the journal that is there', async () => {
    const { head } = await temp.store.commit(someCommit());
    await temp.store.close();
    temp = { ...temp, store: temp.open() };
    expect(await temp.store.head()).toEqual(head);
    expect((await temp.store.entries(0, 9)).length).toBe(2);
  });

  test('gives every connection full synchronisation, a reopened WAL included', async () => {
    await temp.store.commit(someCommit());
    for (let count = 0; count < 2; count += 1) {
      const db = new Connection(file);
      expect([db.pragma('synchronous'), db.pragma('journal_mode')]).toEqual([2, 'wal']);
      db.close();
    }
  });
});

test('whoever reads a whole journal keeps little of its file in memory', () => {
  const db = new Connection(file);
  expect(db.pragma('cache_size')).toBe(-2000);
  db.close();
});

describe('a journal is never silently started anew', () => {
  test('where the database is gone but its key is there', async () => {
    await temp.store.close();
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(`${file}${suffix}`, { force: true });
    }
    for (let count = 0; count < 2; count += 1) {
      expect(() => temp.open()).toThrow(
        expect.objectContaining({ code: 'journal_missing', exitCode: 18 }),
      );
    }
  });

  test('where the key is gone: reading goes on, recording does not', async () => {
    await temp.store.close();
    rmSync(join(temp.dir, 'journal.key'));
    temp = { ...temp, store: temp.open() };
    expect((await temp.store.head()).size).toBe(1);
    await expect(temp.store.commit(someCommit())).rejects.toMatchObject({
      code: 'journal_key_missing',
      exitCode: 18,
    });
    expect(existsSync(join(temp.dir, 'journal.key'))).toBe(false);
  });

  test('where the key is that of another journal', async () => {
    const other = openTempStore();
    copyFileSync(join(other.dir, 'journal.key'), join(temp.dir, 'journal.key'));
    await other.remove();
    const store = temp.open();
    await expect(store.commit(someCommit())).rejects.toMatchObject({ code: 'journal_key_wrong' });
    await store.close();
  });

  test('but a creation that a crash cut short after the key is finished', async () => {
    const dir = tempFolder();
    const options = storeOptions(dir);
    const create = () => {
      options.keys.create('runbook/x');
      throw new Error('crash');
    };
    const keys = { ...options.keys, create };
    expect(() => openSqliteStore({ ...options, keys })).toThrow('crash');
    expect(existsSync(join(dir, 'journal.key'))).toBe(true);
    const store = openSqliteStore(options);
    expect((await store.head()).size).toBe(1);
    await store.close();
  });
});

describe('nothing is recorded', () => {
  test('once the file was removed while it was open', async () => {
    rmSync(file);
    await expect(temp.store.commit(someCommit())).rejects.toMatchObject({
      code: 'journal_replaced',
      exitCode: 18,
    });
  });

  test('once another file took its place', async () => {
    renameSync(file, `${file}.old`);
    copyFileSync(`${file}.old`, file);
    await expect(temp.store.commit(someCommit())).rejects.toMatchObject({
      code: 'journal_replaced',
    });
    await expect(temp.store.putBlob(Buffer.from('x'))).rejects.toMatchObject({
      code: 'journal_replaced',
    });
  });

  test.runIf(process.geteuid?.() === 0)('by another user than the owner (needs root)', async () => {
    await temp.store.close();
    chownSync(file, 12_345, 0);
    temp = { ...temp, store: temp.open() };
    expect((await temp.store.head()).size).toBe(1);
    await expect(temp.store.commit(someCommit())).rejects.toMatchObject({
      code: 'not_owner',
      exitCode: 18,
    });
  });

  test('over a head whose stored hashes are no longer the signed ones', async () => {
    raw((db) => db.prepare('update head set peaks = zeroblob(32)').run());
    await expect(temp.store.commit(someCommit())).rejects.toMatchObject({
      code: 'E_STH_SIG',
      exitCode: 14,
    });
  });
});

describe('entries cannot be touched by accident', () => {
  test.each([
    ['changed', "update entries set bytes = x'00' where seq = 0"],
    ['moved', 'update entries set seq = 7 where seq = 0'],
    ['signed again', "update entries set signature = x'00' where seq = 0"],
    ['deleted', 'delete from entries'],
    ['replaced', "insert or replace into entries (seq, bytes) values (0, x'00')"],
    ['appended with a gap', "insert into entries (seq, bytes) values (5, x'00')"],
    ['given a text for bytes', "insert into entries (seq, bytes) values (1, 'text')"],
  ])('not %s', (_what, sql) => {
    expect(() => raw((db) => db.exec(sql))).toThrow(/an entry can|cannot store TEXT/);
  });
});

describe('the schema', () => {
  test('is brought up step by step, and once', () => {
    const db = new Connection(join(tempFolder(), 'new.sqlite'));
    let created = 0;
    expect(version(db)).toBe(0);
    migrate(db, () => {
      created += 1;
    });
    migrate(db, () => {
      created += 1;
    });
    expect([version(db), created]).toEqual([migrations.length, 1]);
    db.close();
  });

  test('of a later program is refused, by number', async () => {
    await temp.store.close();
    raw((db) => db.pragma(`user_version = ${migrations.length + 1}`));
    expect(() => temp.open()).toThrow(
      expect.objectContaining({
        code: 'schema_newer',
        message: `the journal has schema version ${migrations.length + 1}, but this program knows versions up to ${migrations.length}`,
      }),
    );
    raw((db) => db.pragma(`user_version = ${migrations.length}`));
  });

  test('that fails half way leaves nothing', () => {
    const dir = tempFolder();
    const db = new Connection(join(dir, 'new.sqlite'));
    const fail = () => {
      throw new Error('half way');
    };
    expect(() => migrate(db, fail)).toThrow('half way');
    expect(version(db)).toBe(0);
    expect(db.prepare('select count(*) as count from sqlite_schema').get()).toEqual({ count: 0 });
    db.close();
  });
});

describe('what cannot hold a journal is refused', () => {
  test('a file that is no database', () => {
    const dir = tempFolder({
      'journal.sqlite': 'not a database, but long enough to be one '.repeat(30),
    });
    expect(() => openSqliteStore(storeOptions(dir))).toThrow(
      expect.objectContaining({ code: 'journal_damaged', exitCode: 18 }),
    );
  });

  test('a place where a file is in the way', () => {
    const dir = tempFolder({ state: '' });
    expect(() => openSqliteStore(storeOptions(join(dir, 'state', 'x')))).toThrow(/ENOTDIR/);
  });

  test('network file systems, by their names', () => {
    expect([0x6969, 0xff534d42, -11_317_950, 0x517b].map(networkName)).toEqual([
      'NFS',
      'CIFS',
      'CIFS',
      'SMB',
    ]);
    // ext4, tmpfs, btrfs, xfs, overlayfs
    const local = [0xef53, 0x01021994, 0x9123683e, 0x58465342, 0x794c7630];
    expect(local.map(networkName)).toEqual(local.map(() => null));
  });

  test('an SQLite addon that would crash this Node', () => {
    expect(() => assertFits('13.2.0', 9)).toThrow(
      expect.objectContaining({ code: 'sqlite_unfit', exitCode: 2 }),
    );
    assertFits('13.2.0', 10);
    assertFits('12.11.1', 9);
  });
});
