import { logView } from '../../src/engine/replicate/own-log.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import { anEntry } from './an-entry.ts';
import { deliverToFolder } from './folder-sink.ts';
import { storeOptions } from './temp-store.ts';

/** How many entries come between two deliveries. */
const between = 5;

/**
 * `DIR LANE NEXT [SINK]`: commits the commands LANE.NEXT, LANE.NEXT+1, … for ever, with a line for each when it
 * is durable (`number seq hash`); brings the copy in the folder SINK up to the head now and then.
 */
async function main(dir: string, lane: string, next: number, sink?: string): Promise<void> {
  const store = openSqliteStore(storeOptions(dir));
  for (let number = next; ; number += 1) {
    const { first, hashes } = await store.commit({
      run: null,
      expectedVersion: null,
      commandId: `${lane}.${number}`,
      events: [anEntry(lane, number)],
    });
    process.stdout.write(`${number} ${first} ${hashes[0] ?? ''}\n`);
    if (sink !== undefined && number % between === 0) {
      const head = await store.head();
      await deliverToFolder(sink, { from: 0, head, log: logView(store) });
    }
  }
}

const [dir = '', lane = '', next = '0', sink] = process.argv.slice(2);
void main(dir, lane, Number(next), sink);
