import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BlobId } from '../../src/base/ids.ts';
import { openNote } from '../../src/journal/checkpoint.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { appendLeaf, rootOfPeaks } from '../../src/journal/merkle.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { bundleProgram, type Program } from '../support/bundle-program.ts';
import type { Acknowledged } from '../support/store-writer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { storeOptions } from '../support/temp-store.ts';

let writer: Program;
beforeAll(async () => {
  writer = await bundleProgram('test/support/store-writer.ts');
});
afterAll(() => {
  writer.remove();
});

/** When a writer is killed: so long after it was started, or after its first acknowledgement. */
interface Kill {
  readonly after: 'start' | 'line';
  readonly ms: number;
}

async function write(dir: string, count: number, kill?: Kill): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [writer.file, dir, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killSoon = () => setTimeout(() => child.kill('SIGKILL'), kill?.ms);
  if (kill?.after === 'start') {
    killSoon();
  } else if (kill?.after === 'line') {
    child.stdout.once('data', killSoon);
  }
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, output).toBe(kill === undefined ? 0 : null);
  const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Acknowledged);
}

/** That the log has no gap, and that each of its entries ends under a good signature of its own. */
async function checkLog(store: Store): Promise<readonly string[]> {
  const { size } = await store.head();
  const entries = await store.entries(0, size + 1);
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: size }, (_, seq) => seq));
  const keys = [newestKey(await store.keys())];
  const hashes = entries.map(({ bytes }) => leafHash(bytes));
  let peaks: Buffer[] = [];
  for (const [seq, hash] of hashes.entries()) {
    peaks = appendLeaf(seq, peaks, hash);
    const head = await store.headAt(seq + 1);
    const { checkpoint } = openNote(head?.note ?? '', keys);
    expect(checkpoint.root).toEqual(rootOfPeaks(peaks));
  }
  return hashes.map((hash) => hash.toString('hex'));
}

async function checkAcknowledged(store: Store, lines: readonly Acknowledged[]): Promise<void> {
  const hashes = await checkLog(store);
  for (const { seq, hash, blob } of lines) {
    expect(hashes[seq]).toBe(hash);
    expect(await store.checkBlob(blob as BlobId)).toBe('ok');
  }
}

test('16 processes that come first make one journal, and lose nothing between them', async () => {
  const dir = join(tempFolder(), 'state');
  const lines = (await Promise.all(Array.from({ length: 16 }, () => write(dir, 12)))).flat();
  const store = openSqliteStore(storeOptions(dir));
  expect((await store.head()).size).toBe(1 + 16 * 12);
  expect(lines.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 16 * 12 }, (_, at) => at + 1),
  );
  await checkAcknowledged(store, lines);
  await store.close();
});

test('a process that is killed at any moment loses no acknowledged entry and no blob', async () => {
  const dir = join(tempFolder(), 'state');
  const lines: Acknowledged[] = [];
  const kills: readonly Kill[] = [
    ...[30, 50, 70, 90, 110].map((ms) => ({ after: 'start', ms }) as const),
    ...Array.from({ length: 15 }, (_, round) => ({ after: 'line', ms: round * 5 }) as const),
  ];
  for (const kill of kills) {
    lines.push(...(await write(dir, 100_000, kill)));
  }
  expect(lines.length).toBeGreaterThan(15);
  const store = openSqliteStore(storeOptions(dir));
  await checkAcknowledged(store, lines);
  // What was not acknowledged may be there once, and is then found again by its command.
  for (const { run, command, seq } of lines.slice(-3)) {
    const again = { run: run as never, commandId: command, expectedVersion: 0, events: [] };
    expect(await store.commit(again)).toMatchObject({ first: seq, duplicate: true });
  }
  await store.close();
});
