import { newNonce, newRunId } from '../../src/base/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import { runStarted } from './some-events.ts';
import { storeOptions } from './temp-store.ts';

/** What the writer says about a commit once it has returned. */
export interface Acknowledged {
  readonly run: string;
  readonly command: string;
  readonly seq: number;
  readonly hash: string;
  readonly blob: string;
}

/** `DIR COUNT`: stores a blob and commits an entry, COUNT times, with a line for each when it is durable. */
async function main(dir: string, count: number): Promise<void> {
  const store = openSqliteStore(storeOptions(dir));
  for (let done = 0; done < count; done += 1) {
    const [run, commandId] = [newRunId(), newNonce()];
    const blob = await store.putBlob(Buffer.from(run));
    const events = [runStarted({ plan: blob })];
    const { first, hashes } = await store.commit({ run, expectedVersion: 0, commandId, events });
    const hash = hashes[0] ?? '';
    const line: Acknowledged = { run, command: commandId, seq: first, hash, blob };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  await store.close();
}

void main(process.argv[2] ?? '', Number(process.argv[3]));
