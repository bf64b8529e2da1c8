import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newNonce, newRequestId, newRunId } from '../../src/base/ids.ts';
import {
  approvalRequested,
  configSet,
  decided,
  runFinished,
  runStarted,
  stepFinished,
  stepStarted,
  tokenIssued,
  tokenRevoked,
} from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = openTempStore();
  await temp.store.commit({
    run: null,
    expectedVersion: null,
    commandId: 'c',
    events: [configSet(), tokenIssued({ token: 'one' }), tokenIssued(), tokenRevoked('one')],
  });
  for (let count = 0; count < 5; count += 1) {
    const [run, request] = [newRunId(), newRequestId()];
    const rounds = [
      [runStarted(count === 0 ? { via: 'api' } : {}), approvalRequested(run, request)],
      [decided(request)],
      [stepStarted({ request })],
      [stepFinished(), runFinished()],
    ];
    for (const events of rounds) {
      await temp.store.commit({ run, expectedVersion: null, commandId: newNonce(), events });
    }
  }
});
afterEach(async () => {
  await temp.remove();
});

const indexes = [
  'head',
  'nodes',
  'events',
  'runs',
  'requests',
  'decisions',
  'starts',
  'seen',
  'tokens',
];

function database<Result>(work: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(join(temp.dir, 'journal.sqlite'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function dump(tables: readonly string[]): unknown {
  return database((db) => tables.map((table) => db.prepare(`select * from ${table}`).all()));
}

test('every index is made again exactly as commits made it', async () => {
  const [before, entries] = [dump(indexes), dump(['entries'])];
  database((db) => {
    for (const table of indexes) {
      db.exec(`delete from ${table}`);
    }
  });
  const seen: number[] = [];
  await temp.store.rebuild((done, of) => seen.push(done, of));
  expect(dump(indexes)).toEqual(before);
  expect(dump(['entries'])).toEqual(entries);
  expect(seen).toEqual([35, 35]);
});

test('wrong rows are put right', async () => {
  const before = dump(indexes);
  database((db) => db.exec("update runs set status = 'succeeded', caller = 'os:eve@web1'"));
  database((db) => db.exec('delete from decisions'));
  await temp.store.rebuild(() => undefined);
  expect(dump(indexes)).toEqual(before);
});

test('what is no index survives: notes, and who serves', async () => {
  const me = { host: 'web1', pid: 1, boot: 'b', startTime: '1', since: '2026-01-02T03:04:05.678Z' };
  await temp.store.putNote('slack', 'card', '17');
  await temp.store.takeHold('serve', me, () => true);
  const before = dump(['notes', 'holds']);
  await temp.store.rebuild(() => undefined);
  expect(dump(['notes', 'holds'])).toEqual(before);
});

test('entries that do not lead to the signed head are refused, and nothing changes', async () => {
  database((db) => {
    db.exec('drop trigger entries_stay');
    db.exec(
      "update entries set bytes = cast(replace(bytes, 'ana@web1', 'eve@web1') as blob) where seq = 5",
    );
  });
  const before = dump(indexes);
  await expect(temp.store.rebuild(() => undefined)).rejects.toMatchObject({
    code: 'E_STH_SIG',
    exitCode: 14,
  });
  expect(dump(indexes)).toEqual(before);
});

test('a log that was cut within a commit is refused', async () => {
  database((db) => {
    db.exec('drop trigger entries_remain');
    db.exec('delete from entries where seq = (select max(seq) from entries)');
  });
  await expect(temp.store.rebuild(() => undefined)).rejects.toMatchObject({
    code: 'E_STH_SIG',
    exitCode: 14,
  });
});
