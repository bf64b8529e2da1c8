import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownSource } from '../../src/engine/proof/own-source.ts';
import { reportOf, verifyLog } from '../../src/engine/proof/verify-log.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { anEntry } from '../support/an-entry.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openTempStore, storeOptions } from '../support/temp-store.ts';

async function commit(store: Store, number: number): Promise<void> {
  const command = { run: null, expectedVersion: null, commandId: `a.${number}` };
  await store.commit({ ...command, events: [anEntry('a', number)] });
}

async function verify(store: Store): Promise<VerifyReport> {
  const source = await ownSource(store);
  const { size } = await source.head();
  const nothing = { follow: () => undefined, progress: () => undefined };
  return reportOf(await verifyLog({ source, size, trust: { receipts: [], pins: [] }, ...nothing }));
}

test('the database file copied without what lies beside it is said to be no journal, and none is made of it', async () => {
  const temp = openTempStore();
  await commit(temp.store, 0);
  const torn = tempFolder();
  // Whoever has it open keeps its newest pages in `journal.sqlite-wal`.
  for (const name of ['journal.sqlite', 'journal.key']) {
    cpSync(join(temp.dir, name), join(torn, name));
  }
  const open = (): Store => openSqliteStore(storeOptions(torn));
  expect(open).toThrow(expect.objectContaining({ code: 'journal_missing', exitCode: 18 }));
  expect(open).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('journal.sqlite-wal') as string }),
  );
  await temp.remove();
});

test('a copy of all its files, taken while it is open, is the journal of that moment', async () => {
  const temp = openTempStore();
  await commit(temp.store, 0);
  const copy = tempFolder();
  cpSync(temp.dir, copy, { recursive: true });
  await commit(temp.store, 1);
  const store = openSqliteStore(storeOptions(copy));
  expect((await store.head()).size).toBe(2);
  expect(await verify(store)).toMatchObject({ findings: [], exit_code: 0 });
  await store.close();
  await temp.remove();
});

test('what is appended by others after the head was read is not judged, and damages nothing', async () => {
  const temp = openTempStore();
  for (let number = 0; number < 30; number += 1) {
    await commit(temp.store, number);
  }
  const other = temp.open();
  const source = await ownSource(temp.store);
  const { size } = await source.head();
  let appended = 100;
  const report = reportOf(
    await verifyLog({
      source: {
        ...source,
        headAt: async (at) => {
          await commit(other, appended);
          appended += 1;
          return source.headAt(at);
        },
      },
      size,
      trust: { receipts: [], pins: [] },
      follow: ({ seq }) => expect(seq).toBeLessThan(size),
      progress: () => undefined,
    }),
  );
  expect(report).toMatchObject({ findings: [], exit_code: 0 });
  expect((await other.head()).size).toBe(2 * size);
  await other.close();
  await temp.remove();
});
