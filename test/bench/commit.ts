import { newRunId } from '../../src/base/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import { runStarted } from '../support/some-events.ts';
import { storeOptions } from '../support/temp-store.ts';

/** `DIR COUNT`: signed appends, one entry each, each durable before the next. */
async function main(dir: string, count: number): Promise<void> {
  const store = openSqliteStore(storeOptions(dir));
  for (let at = 0; at < count; at += 1) {
    const first = { run: newRunId(), expectedVersion: 0, commandId: 'run.started' };
    await store.commit({ ...first, events: [runStarted()] });
  }
  await store.close();
}

await main(process.argv[2] ?? '', Number(process.argv[3]));
