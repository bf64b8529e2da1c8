import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newNonce, newRequestId, newRunId, type RunId } from '../../src/base/ids.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import {
  approvalRequested,
  configSet,
  decided,
  runFinished,
  runStarted,
  stepFinished,
  stepStarted,
} from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
const runs: RunId[] = [];

beforeEach(async () => {
  temp = openTempStore();
  runs.length = 0;
  await commit(null, [configSet()]);
  for (let count = 0; count < 3; count += 1) {
    const [run, request] = [newRunId(), newRequestId()];
    runs.push(run);
    await commit(run, [runStarted(), approvalRequested(run, request)]);
    await commit(run, [decided(request)]);
    await commit(run, [stepStarted({ request }), stepFinished(), runFinished()]);
  }
});
afterEach(async () => {
  await temp.remove();
});

type Events = Parameters<TempStore['store']['commit']>[0]['events'];

function commit(run: RunId | null, events: Events): ReturnType<TempStore['store']['commit']> {
  return temp.store.commit({ run, expectedVersion: null, commandId: newNonce(), events });
}

/** Says that these entries may go, as the first run's. */
function allow(
  ranges: readonly (readonly [number, number])[],
  [run = newRunId()]: readonly RunId[] = runs,
): ReturnType<typeof commit> {
  const data = {
    before: ranges.at(-1)?.[1] ?? 0,
    count: ranges.reduce((sum, [from, to]) => sum + to - from, 0),
    runs: [{ run, status: 'succeeded', ranges }],
    reason: 'old',
    by: 'os:ana@web1',
    person: 'ana',
  } as const;
  return commit(null, [{ type: 'log.pruned', data }]);
}

function database<Result>(work: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(join(temp.dir, 'journal.sqlite'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Of the first run: six entries behind genesis and configuration. */
const first = [2, 8] as const;

describe('a store', () => {
  test('prunes nothing that no entry names', async () => {
    expect(await temp.store.sweep()).toEqual({ blobs: 0, openings: 0, entries: 0 });
    expect(await temp.store.pruned(0, 1000)).toEqual([]);
  });

  test('prunes exactly what one names, and of that only entries of the run', async () => {
    const before = (await temp.store.entries(0, 1000)).map(recordedOf);
    const { size } = await temp.store.head();
    await allow([[0, first[1]]]);
    expect(await temp.store.sweep()).toMatchObject({ entries: first[1] - first[0] });
    const gone = before.filter(({ seq }) => seq >= first[0] && seq < first[1]);
    expect(await temp.store.pruned(0, 1000)).toEqual(
      gone.map(({ seq, hash, time }) => ({ seq, hash, time })),
    );
    expect((await temp.store.entries(0, size)).map(({ seq }) => seq)).toEqual(
      before.map(({ seq }) => seq).filter((seq) => seq < first[0] || seq >= first[1]),
    );
  });

  test('prunes no part of a run, nor one that has not ended, whatever an entry says', async () => {
    const [run, request] = [newRunId(), newRequestId()];
    const { first: open } = await commit(run, [runStarted(), approvalRequested(run, request)]);
    await allow([[4, 5]]);
    await allow([[open, open + 2]], [run]);
    await allow([[8, 14]]);
    expect(await temp.store.sweep()).toMatchObject({ entries: 0 });
  });

  test('knows nothing more of a pruned run than that it was there', async () => {
    await allow([first]);
    await temp.store.sweep();
    const [gone = ''] = runs;
    await expect(temp.store.loadRun(gone as RunId)).rejects.toMatchObject({ code: 'run_unknown' });
    expect(await temp.store.prunedRuns(gone.slice(0, 8))).toEqual([gone]);
    expect((await temp.store.listRuns({ limit: 10 })).map(({ run }) => run)).not.toContain(gone);
    expect(await temp.store.listRequests({ open: false, limit: 10 })).toHaveLength(2);
  });

  test('has every head and every proof that it had before', async () => {
    const { size } = await temp.store.head();
    const sizes = Array.from({ length: size }, (_, at) => at + 1);
    const told = async () => ({
      heads: await Promise.all(sizes.map((each) => temp.store.headAt(each))),
      upTo: await Promise.all(sizes.map((each) => temp.store.headUpTo(each))),
      proofs: await Promise.all(sizes.map((each) => temp.store.inclusionProof(each - 1, size))),
      nodes: await temp.store.nodes(0, 0, size),
    });
    const before = await told();
    await allow([first]);
    await temp.store.sweep();
    expect(await told()).toEqual(before);
    await temp.store.rebuild(() => undefined);
    expect(await told()).toEqual(before);
  });

  test('answers a command that was committed before with the commit that it was', async () => {
    const input = { run: null, expectedVersion: null, commandId: 'same', events: [configSet()] };
    const committed = await temp.store.commit(input);
    await allow([first]);
    await temp.store.sweep();
    expect(await temp.store.commit(input)).toEqual({ ...committed, duplicate: true });
  });

  test('lets nobody delete an entry by hand, nor forget or change a pruned one', async () => {
    await allow([first]);
    await temp.store.sweep();
    for (const sql of [
      'delete from entries where seq = 9',
      'delete from pruned',
      "update pruned set time = ''",
    ]) {
      expect(() => database((db) => db.exec(sql))).toThrow(/cannot be/);
    }
  });

  test('does not rebuild where one is missing that nobody pruned', async () => {
    database((db) => {
      db.exec('drop trigger entries_remain');
      db.exec('delete from entries where seq = 4');
    });
    await expect(temp.store.rebuild(() => undefined)).rejects.toMatchObject({ code: 'E_STH_SIG' });
  });

  test('prunes nothing of which the bytes are not those of the tree', async () => {
    database((db) => {
      db.exec('drop trigger entries_stay');
      db.exec(
        "update entries set bytes = cast(replace(bytes, 'ana@web1', 'eve@web1') as blob) where seq = 2",
      );
    });
    await allow([first]);
    await expect(temp.store.sweep()).rejects.toMatchObject({ code: 'E_LEAF' });
    expect(await temp.store.pruned(0, 1000)).toEqual([]);
  });
});
