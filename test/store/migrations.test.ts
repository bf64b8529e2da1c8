import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newNonce, newRunId, type RunId } from '../../src/base/ids.ts';
import { migrations } from '../../src/store/sqlite/migrations.ts';
import type { Head } from '../../src/store/store.ts';
import { approvalRequested, runFinished, runStarted, tokenIssued } from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

/** A journal as the first version of the schema kept it: signed entries, and the tables it knew. */
let temp: TempStore;
let head: Head;
const [waiting, ended]: readonly [RunId, RunId] = [newRunId(), newRunId()];
beforeEach(async () => {
  temp = openTempStore();
  const rounds = [
    { run: waiting, events: [runStarted(), approvalRequested(waiting)] },
    { run: ended, events: [runStarted(), runFinished()] },
  ];
  for (const round of rounds) {
    await temp.store.commit({ ...round, expectedVersion: 0, commandId: newNonce() });
  }
  head = await temp.store.head();
  await temp.store.close();
  takeBack(join(temp.dir, 'journal.sqlite'));
  temp = { ...temp, store: temp.open() };
});
afterEach(async () => {
  await temp.remove();
});

/** Copies every row into a new file that only the first migration has made, and puts it in the place. */
function takeBack(file: string): void {
  const old = new Sqlite(`${file}.1`);
  old.pragma('journal_mode = wal');
  old.exec(migrations[0] ?? '');
  old.pragma('user_version = 1');
  old.prepare('attach ? as now').run(file);
  const tables = old
    .prepare<[], string>("select name from main.sqlite_schema where type = 'table'")
    .pluck()
    .all();
  for (const table of tables) {
    const columns = old
      .prepare<[], string>(`select name from pragma_table_info('${table}', 'main')`)
      .pluck()
      .all()
      .join(', ');
    old.exec(`insert into main.${table} (${columns}) select ${columns} from now.${table}`);
  }
  old.close();
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${file}${suffix}`, { force: true });
  }
  renameSync(`${file}.1`, file);
}

test('a journal of the first schema opens with the same signed head', async () => {
  expect(await temp.store.head()).toEqual(head);
});

test('its runs are found, none of them started through the API', async () => {
  const runs = await temp.store.listRuns({ limit: 9 });
  expect(runs.map(({ run, status, via }) => [run, status, via])).toEqual([
    [ended, 'succeeded', 'cli'],
    [waiting, 'waiting', 'cli'],
  ]);
  expect(await temp.store.listServed()).toEqual([]);
  expect(await temp.store.listRequests({ open: true, limit: 9 })).toHaveLength(1);
});

test('it takes what is new: tokens, notes, and runs of the API', async () => {
  const run = newRunId();
  const next = { expectedVersion: null, commandId: newNonce() };
  await temp.store.commit({ ...next, run, events: [runStarted({ via: 'api' })] });
  await temp.store.commit({ ...next, run: null, events: [tokenIssued()] });
  await temp.store.putNote('slack', 'cursor', '4');
  expect((await temp.store.listServed()).map((row) => row.run)).toEqual([run]);
  expect(await temp.store.listTokens()).toHaveLength(1);
});

test('its indexes can be made again', async () => {
  const before = await temp.store.listRuns({ limit: 9 });
  await temp.store.rebuild(() => undefined);
  expect(await temp.store.listRuns({ limit: 9 })).toEqual(before);
  expect(await temp.store.head()).toEqual(head);
});
