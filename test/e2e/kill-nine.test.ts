import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownSource } from '../../src/engine/proof/own-source.ts';
import { reportOf, verifyLog } from '../../src/engine/proof/verify-log.ts';
import { logView } from '../../src/engine/replicate/own-log.ts';
import { decodeLeaf, leafHash } from '../../src/journal/leaf.ts';
import { decodeBundle } from '../../src/journal/tiles.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { bundleProgram, type Program } from '../support/bundle-program.ts';
import { deliverToFolder, folderBundle, folderHead } from '../support/folder-sink.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { storeOptions } from '../support/temp-store.ts';

const kills = Number(process.env['RUNBOOK_TEST_KILLS'] ?? 1000);
const lanes = ['a', 'b', 'c'];

let writer: Program;
beforeAll(async () => {
  writer = await bundleProgram('test/support/kill-writer.ts');
});
afterAll(() => {
  writer.remove();
});

/** A commit that had returned. */
interface Acknowledged {
  readonly number: number;
  readonly seq: number;
  readonly hash: string;
}

/** Starts a writer and kills it: mostly at some moment after its first word, now and then while it still starts. */
async function writeUntilKilled(argv: readonly string[]): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, [writer.file, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  if (randomInt(8) === 0) {
    setTimeout(kill, randomInt(100));
  } else {
    child.stdout.once('data', () => setTimeout(kill, randomInt(25)));
  }
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ code, signal }, output).toEqual({ code: null, signal: 'SIGKILL' });
  // A line that was cut off was never read: nobody relies on it.
  const lines = output.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [number, seq, hash = ''] = line.split(' ');
    return { number: Number(number), seq: Number(seq), hash };
  });
}

/** One writer after the other under one name, each going on behind the last word of the one before. */
async function runLane(
  lane: string,
  of: { readonly dir: string; readonly sink: string; readonly left: { kills: number } },
): Promise<readonly Acknowledged[]> {
  const all: Acknowledged[] = [];
  while (of.left.kills > 0) {
    of.left.kills -= 1;
    const next = (all.at(-1)?.number ?? -1) + 1;
    const sink = lane === lanes[0] ? [of.sink] : [];
    const said = await writeUntilKilled([of.dir, lane, String(next), ...sink]);
    expect(said.map(({ number }) => number)).toEqual(said.map((_, at) => next + at));
    all.push(...said);
  }
  return all;
}

async function leavesOf(
  store: Store,
): Promise<readonly { readonly cmd: string; readonly hash: string }[]> {
  const { size } = await store.head();
  return (await store.entries(0, size)).map(({ bytes }) => ({
    cmd: decodeLeaf(bytes).cmd,
    hash: leafHash(bytes).toString('hex'),
  }));
}

test(`${kills} times kill -9: nothing acknowledged is lost, nothing is there twice, and the copy converges`, async () => {
  const dir = join(tempFolder(), 'state');
  const sink = tempFolder();
  mkdirSync(dir, { recursive: true });
  const left = { kills };
  const said = await Promise.all(lanes.map((lane) => runLane(lane, { dir, sink, left })));

  const store = openSqliteStore(storeOptions(dir));
  const leaves = await leavesOf(store);
  expect(said.flat().length).toBeGreaterThan(kills);
  for (const [at, lane] of lanes.entries()) {
    for (const { number, seq, hash } of said[at] ?? []) {
      expect(leaves[seq]).toEqual({ cmd: `${lane}.${number}`, hash });
    }
    // At most the last one of a writer was durable and not acknowledged; its successor found it again.
    const own = leaves.filter(({ cmd }) => cmd.startsWith(`${lane}.`)).map(({ cmd }) => cmd);
    expect(own).toEqual(own.map((_, number) => `${lane}.${number}`));
    expect(own.length - (said[at]?.length ?? 0)).toBeOneOf([0, 1]);
  }

  const source = await ownSource(store);
  const { size } = await source.head();
  const nothing = { follow: () => undefined, progress: () => undefined };
  const trust = { receipts: [], pins: [] };
  const report = reportOf(await verifyLog({ source, size, trust, ...nothing }));
  expect(report).toMatchObject({ findings: [], exit_code: 0 });

  expect(folderHead(sink)?.size).toBeGreaterThan(0);
  const head = await store.head();
  await deliverToFolder(sink, { from: 0, head, log: logView(store) });
  expect(folderHead(sink)).toEqual({ size: head.size, root: head.root });
  const copied = decodeBundle(folderBundle(sink), head.size);
  expect(copied.map((bytes) => leafHash(bytes).toString('hex'))).toEqual(
    leaves.map(({ hash }) => hash),
  );
  await store.close();
}, 600_000);
