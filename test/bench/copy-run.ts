import { newRunId } from '../../src/base/ids.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import { storeOptions } from '../support/temp-store.ts';

/** `DIR ENTRIES`: repeats the journal's newest run under new ids until there are so many entries. */
async function main(dir: string, wanted: number): Promise<void> {
  const store = openSqliteStore(storeOptions(dir));
  const [newest] = await store.listRuns({ limit: 1 });
  const entries = newest === undefined ? [] : await store.loadRun(newest.run);
  const events = entries.map((entry) => recordedOf(entry).event);
  for (let { size } = await store.head(); events.length > 0 && size < wanted; ) {
    const copy = { run: newRunId(), expectedVersion: 0, commandId: 'copy' };
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const committed = await store.commit({ ...copy, events });
    size = committed.head.size;
  }
  await store.close();
}

await main(process.argv[2] ?? '', Number(process.argv[3]));
