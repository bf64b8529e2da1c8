import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { someLog } from '../support/some-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const log = someLog(400);

function openSink(path: string): Sink {
  const [sink] = openSinks(
    parseYaml(`lines: { kind: file, path: "${path}" }`, 'config.yaml', 'config_invalid'),
    { clock: systemClock, env: {}, log: () => undefined },
  );
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return sink;
}

function aFile(): { readonly path: string; readonly sink: Sink } {
  const path = join(tempFolder(), 'journal.jsonl');
  return { path, sink: openSink(path) };
}

function deliver(sink: Sink, from: number, to: number, of = log) {
  return sink.deliver({ from, head: of.headAt(to), log: of }, AbortSignal.timeout(20_000));
}

function head(sink: Sink, of = log) {
  return sink.head(of, AbortSignal.timeout(20_000));
}

interface Line {
  readonly journal?: string;
  readonly from?: number;
  readonly index?: number;
  readonly hash?: string;
  readonly leaf?: string;
  readonly checkpoint?: string;
}

function linesOf(path: string): readonly Line[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as Line);
}

function indexesOf(path: string): readonly number[] {
  return linesOf(path).flatMap(({ index }) => (index === undefined ? [] : [index]));
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

test('a file has every entry in a line of its own, whose hash can be computed again', async () => {
  const { path, sink } = aFile();
  expect(sink).toMatchObject({ counts: false, address: `file ${path}` });
  expect(await head(sink)).toEqual({ elsewhere: null });
  expect(await deliver(sink, 0, 3)).toEqual({ size: 3, root: log.headAt(3).root, anchor: null });
  expect(await deliver(sink, 3, 400)).toMatchObject({ size: 400 });
  const [first, ...lines] = linesOf(path);
  expect(first).toEqual({ journal: log.origin, from: 0 });
  expect(lines[3]).toEqual({ checkpoint: log.headAt(3).note });
  expect(lines.at(-1)).toEqual({ checkpoint: log.headAt(400).note });
  expect(indexesOf(path)).toEqual(upTo(400));
  for (const { leaf, hash } of lines) {
    expect(leaf === undefined ? undefined : leafHash(Buffer.from(leaf)).toString('hex')).toBe(hash);
  }
  expect(statSync(path).mode & 0o137).toBe(0);
  expect(await head(sink)).toMatchObject({ size: 400, root: log.headAt(400).root });
});

test('a delivery that comes again is acknowledged, and written once', async () => {
  const { path, sink } = aFile();
  const first = await deliver(sink, 0, 300);
  expect(await deliver(sink, 0, 300)).toEqual(first);
  expect(indexesOf(path)).toEqual(upTo(300));
});

test('what a crash left at the end is gone with the next delivery, wherever it stopped', async () => {
  const { path, sink } = aFile();
  await deliver(sink, 0, 2);
  const kept = statSync(path).size;
  await deliver(sink, 2, 5);
  const whole = readFileSync(path);
  for (let cut = kept; cut < whole.length; cut += 7) {
    writeFileSync(path, whole.subarray(0, cut));
    expect(await head(sink)).toMatchObject({ size: 2 });
    await deliver(sink, 2, 5);
    expect(readFileSync(path).equals(whole)).toBe(true);
  }
});

test('a crash in the first delivery leaves what the next one begins anew, wherever it stopped', async () => {
  const { path, sink } = aFile();
  await deliver(sink, 0, 2);
  const whole = readFileSync(path);
  for (let cut = 0; cut < whole.length; cut += cut < 60 ? 3 : 11) {
    writeFileSync(path, whole.subarray(0, cut));
    await deliver(sink, 0, 2);
    expect(readFileSync(path).equals(whole)).toBe(true);
  }
});

describe('a file that', () => {
  test('was rotated away goes on in the new one, which says from where', async () => {
    const { path, sink } = aFile();
    await deliver(sink, 0, 3);
    renameSync(path, `${path}.1`);
    expect(await head(sink)).toEqual({ elsewhere: null });
    expect(await deliver(sink, 3, 5)).toMatchObject({ size: 5 });
    expect(linesOf(path)[0]).toEqual({ journal: log.origin, from: 3 });
    expect(indexesOf(path)).toEqual([3, 4]);
    expect(indexesOf(`${path}.1`)).toEqual([0, 1, 2]);
  });

  test('was emptied, or removed, goes on like one that was rotated', async () => {
    const { path, sink } = aFile();
    await deliver(sink, 0, 3);
    truncateSync(path);
    await deliver(sink, 3, 5);
    expect(indexesOf(path)).toEqual([3, 4]);
    rmSync(path);
    await deliver(sink, 5, 6);
    expect(indexesOf(path)).toEqual([5]);
  });

  test('is shorter or longer than we thought says so, and keeps what it has', async () => {
    const { path, sink } = aFile();
    await deliver(sink, 0, 300);
    expect(await deliver(sink, 200, 350)).toMatchObject({ elsewhere: { size: 300 } });
    expect(await deliver(sink, 350, 400)).toMatchObject({ elsewhere: { size: 300 } });
    expect(indexesOf(path)).toEqual(upTo(300));
  });

  test('has another history at the same size tells its head, for others to judge', async () => {
    const { sink } = aFile();
    const other = someLog(400, { word: 'other' });
    await deliver(sink, 0, 300, other);
    expect(await deliver(sink, 0, 300)).toMatchObject({
      elsewhere: { size: 300, root: other.headAt(300).root, note: other.headAt(300).note },
    });
  });

  test("is somebody else's is never cut", async () => {
    const { path, sink } = aFile();
    writeFileSync(path, 'Nov 22 08:00:00 host sshd[1]: a line\n');
    await expect(deliver(sink, 0, 3)).rejects.toMatchObject({ code: 'sink_answer' });
    await expect(head(sink)).rejects.toMatchObject({ code: 'sink_answer' });
    expect(readFileSync(path, 'utf8')).toBe('Nov 22 08:00:00 host sshd[1]: a line\n');
  });

  test("is another journal's is never cut", async () => {
    const { path, sink } = aFile();
    const other = someLog(3, { origin: 'journal.example/two' });
    await deliver(sink, 0, 3, other);
    const before = readFileSync(path);
    await expect(deliver(sink, 0, 3)).rejects.toMatchObject({ code: 'sink_answer' });
    appendFileSync(path, '{"torn');
    await expect(deliver(sink, 3, 4)).rejects.toMatchObject({ code: 'sink_answer' });
    expect(readFileSync(path).subarray(0, before.length).equals(before)).toBe(true);
  });

  test('is a link, or none, is refused', async () => {
    const folder = tempFolder({ 'real.jsonl': '' });
    symlinkSync(join(folder, 'real.jsonl'), join(folder, 'link.jsonl'));
    mkdirSync(join(folder, 'folder.jsonl'));
    for (const name of ['link.jsonl', 'folder.jsonl', 'missing/journal.jsonl']) {
      const trouble = deliver(openSink(join(folder, name)), 0, 3);
      await expect(trouble).rejects.toMatchObject({ code: 'sink_unreachable' });
    }
    expect(readFileSync(join(folder, 'real.jsonl'), 'utf8')).toBe('');
  });

  test('is moved away while it is written is not acknowledged', async () => {
    const { path, sink } = aFile();
    const moving = {
      ...log,
      entries: async (from: number, to: number) => {
        if (existsSync(path)) {
          renameSync(path, `${path}.1`);
        }
        return log.entries(from, to);
      },
    };
    await expect(deliver(sink, 0, 3, moving)).rejects.toMatchObject({ code: 'sink_lost' });
    expect(await deliver(sink, 0, 3)).toMatchObject({ size: 3 });
  });

  test('is far behind ends with its deadline', async () => {
    const { path, sink } = aFile();
    const ended = sink.deliver({ from: 0, head: log.headAt(400), log }, AbortSignal.abort());
    await expect(ended).rejects.toMatchObject({ code: 'sink_unreachable' });
    expect(indexesOf(path)).toEqual([]);
  });
});

test.each(['journal.jsonl', '/var/log/../journal.jsonl', '/var/log/'])(
  'a path must be absolute and plain: %s',
  (path) => {
    expect(() => openSink(path)).toThrow('is an absolute path without `..`');
  },
);
