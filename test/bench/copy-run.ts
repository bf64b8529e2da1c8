import { formatTime } from '../../src/base/clock.ts';
import { newRunId } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
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
    const committed = await store.commit({ ...copy, events: events.map(asOfNow) });
    size = committed.head.size;
  }
  await store.close();
}

/** What rules saw must be as old as the entry that says so. */
function asOfNow(event: Event): Event {
  if (event.type !== 'step.started' || event.data.permit.kind !== 'policy') {
    return event;
  }
  const { permit } = event.data;
  const evaluation = { ...permit.evaluation, now: formatTime(Date.now()) };
  return { ...event, data: { ...event.data, permit: { ...permit, evaluation } } };
}

await main(process.argv[2] ?? '', Number(process.argv[3]));
