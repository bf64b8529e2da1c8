import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { treeRoot } from '../../src/journal/merkle.ts';
import { bundlePath, decodeBundle, tilePath } from '../../src/journal/tiles.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { type Sink, SinkConflict } from '../../src/sinks/sink.ts';
import { type S3Emulator, serveS3, testBucket, testKeys } from '../support/s3-emulator.ts';
import { type SomeLog, someLog } from '../support/some-log.ts';

const log = someLog(600);
const root = `copies/${sha256(log.origin)}`;
const checkpoint = (size: number): string => `${root}/checkpoint/${String(size).padStart(16, '0')}`;

interface Scene {
  readonly store: S3Emulator;
  readonly sink: Sink;
  readonly told: JsonObject[];
}

async function scene(settings: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const store = await serveS3();
  const told: JsonObject[] = [];
  const section = {
    kind: 's3',
    endpoint: store.endpoint,
    region: 'eu-central-1',
    bucket: testBucket,
    prefix: 'copies',
    access_key: '{ env: ACCESS_KEY }',
    secret_key: '{ env: SECRET_KEY }',
    retain: '30d',
    path_style: 'true',
    ...settings,
  };
  const lines = Object.entries(section).map(([key, value]) => `  ${key}: ${value}\n`);
  const [sink] = openSinks(parseYaml(`worm:\n${lines.join('')}`, 'config.yaml', 'config_invalid'), {
    clock: systemClock,
    env: {
      ACCESS_KEY: testKeys.accessKey,
      SECRET_KEY: testKeys.secretKey,
      WRONG: 'not-the-secret',
    },
    log: (line) => told.push(line),
  });
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return { store, sink, told };
}

interface Step {
  readonly from: number;
  readonly to: number;
  readonly of?: SomeLog;
}

function deliver({ sink }: Scene, { from, to, of = log }: Step, signal = soon()) {
  return sink.deliver({ from, head: of.headAt(to), log: of }, signal);
}

function soon(): AbortSignal {
  return AbortSignal.timeout(20_000);
}

describe('a bucket with Object Lock', () => {
  test('has the whole log in the static layout, each object written once and held', async () => {
    const here = await scene();
    for (const [from, to] of [
      [0, 3],
      [3, 300],
      [300, 600],
    ] as const) {
      const head = log.headAt(to);
      expect(await deliver(here, { from, to })).toMatchObject({ size: to, root: head.root });
      expect(await here.sink.head(log, soon())).toMatchObject({ size: to, root: head.root });
    }
    const bytes = (path: string): Buffer =>
      here.store.objects.get(`${root}/${path}`)?.[0]?.bytes ?? Buffer.alloc(0);
    const hashes = [tilePath(0, 0), tilePath(0, 1), tilePath(0, 2, 88)].flatMap((path) =>
      Array.from({ length: bytes(path).length / 32 }, (_, at) =>
        bytes(path).subarray(at * 32, at * 32 + 32),
      ),
    );
    expect(treeRoot(hashes)).toEqual(log.headAt(600).root);
    expect(bytes(tilePath(1, 0, 2))).toHaveLength(64);
    const entries = await log.entries(256, 512);
    expect(decodeBundle(bytes(bundlePath(1)), 256)).toEqual(entries.map((entry) => entry.bytes));
    expect(bytes('checkpoint/0000000000000300').toString()).toBe(log.headAt(300).note);
    const versions = [...here.store.objects.values()];
    expect(versions.every((it) => it.length === 1)).toBe(true);
    const held = versions.map((it) =>
      Date.parse(it[0]?.headers['x-amz-object-lock-retain-until-date'] ?? ''),
    );
    expect(Math.min(...held)).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect(here.told).toEqual([]);
  });

  test('acknowledges a delivery that comes again, and keeps no second version of it', async () => {
    const here = await scene();
    const first = await deliver(here, { from: 0, to: 300 });
    const names = [...here.store.objects.keys()];
    expect(await deliver(here, { from: 0, to: 300 })).toEqual(first);
    expect([...here.store.objects.keys()]).toEqual(names);
    expect([...here.store.objects.values()].every((it) => it.length === 1)).toBe(true);
  });

  test('is believed only for the oldest version of a name', async () => {
    const here = await scene();
    await deliver(here, { from: 0, to: 300 });
    here.store.plant(checkpoint(300), 'something else');
    here.store.markDeleted(checkpoint(300));
    expect(await here.sink.head(log, soon())).toMatchObject({
      size: 300,
      root: log.headAt(300).root,
    });
    expect(here.told).toEqual([
      { event: 'sink_alarm', sink: 'worm', what: 'a delete marker', object: checkpoint(300) },
      { event: 'sink_alarm', sink: 'worm', what: 'a second version', object: checkpoint(300) },
    ]);
    expect(await deliver(here, { from: 300, to: 600 })).toMatchObject({ size: 600 });
  });

  test('leaves out bundles of which entries were pruned, and keeps all hashes', async () => {
    const here = await scene();
    const pruned = someLog(600, { pruned: [5] });
    expect(await deliver(here, { from: 0, to: 600, of: pruned })).toMatchObject({ size: 600 });
    const names = [...here.store.objects.keys()];
    expect(names).not.toContain(`${root}/${bundlePath(0)}`);
    expect(names).toContain(`${root}/${bundlePath(1)}`);
    expect(names).toContain(`${root}/${tilePath(0, 0)}`);
  });

  test('finds its newest checkpoint among thousands, and past what is none', async () => {
    const here = await scene();
    const many = someLog(1);
    for (let size = 1; size <= 3000; size += 1) {
      here.store.plant(checkpoint(size), noteOf(size));
    }
    here.store.plant(checkpoint(5000), 'no note');
    here.store.plant(`${root}/checkpoint/readme`, 'no size');
    here.store.calls.length = 0;
    expect(await here.sink.head(many, soon())).toMatchObject({ size: 3000 });
    expect(here.store.calls.length).toBeLessThan(100);
    expect(here.told).toEqual([
      {
        event: 'sink_alarm',
        sink: 'worm',
        what: 'no checkpoint of this log',
        object: checkpoint(5000),
      },
    ]);
  });
});

/** A note that is well formed; the sink asks for no more. */
function noteOf(size: number): string {
  return log.headAt(1).note.replace('\n1\n', `\n${size}\n`);
}

describe('a bucket that has another history', () => {
  test('is a fork, with the note that proves it', async () => {
    const here = await scene();
    const other = someLog(600, { word: 'other' });
    await deliver(here, { from: 0, to: 300, of: other });
    const trouble = await deliver(here, { from: 0, to: 300 }).catch((error: unknown) => error);
    expect(trouble).toBeInstanceOf(SinkConflict);
    expect(trouble).toMatchObject({
      code: 'E_FORK',
      theirs: { size: 300, note: other.headAt(300).note },
    });
  });

  test('is a fork also where it only shows in a later version of a checkpoint', async () => {
    const here = await scene();
    await deliver(here, { from: 0, to: 300 });
    const { note } = someLog(600, { word: 'other' }).headAt(300);
    here.store.plant(checkpoint(300), note);
    await expect(here.sink.head(log, soon())).rejects.toMatchObject({
      code: 'E_FORK',
      theirs: { note },
    });
  });

  test('is one where somebody was there before us', async () => {
    const here = await scene();
    here.store.plant(`${root}/${tilePath(0, 0, 3)}`, 'no hashes');
    here.store.markDeleted(`${root}/${tilePath(0, 0, 3)}`);
    await expect(deliver(here, { from: 0, to: 3 })).rejects.toMatchObject({
      code: 'E_FORK',
      theirs: { size: 0, note: null },
    });
  });
});

describe('a bucket that was emptied', () => {
  test('says that it has nothing, and is filled again', async () => {
    const here = await scene();
    await deliver(here, { from: 0, to: 3 });
    here.store.objects.clear();
    expect(await deliver(here, { from: 3, to: 300 })).toEqual({ elsewhere: null });
    expect(await here.sink.head(log, soon())).toEqual({ elsewhere: null });
    expect(await deliver(here, { from: 0, to: 300 })).toMatchObject({ size: 300 });
  });
});

describe('nothing is acknowledged', () => {
  test.each([
    ['accepted and then lost', 'lose', 'sink_lost'],
    ['kept, but not held', 'unheld', 'sink_unprotected'],
    ['cut off in mid-answer', 'cut', 'sink_unreachable'],
    ['slowed down', { status: 503, code: 'SlowDown' }, 'sink_refused'],
    [
      'in conflict with another write',
      { status: 409, code: 'ConditionalRequestConflict' },
      'sink_refused',
    ],
    ['denied', { status: 403, code: 'AccessDenied' }, 'sink_refused'],
  ] as const)('of what is %s, and the next delivery brings it', async (_, trouble, code) => {
    const here = await scene();
    here.store.trouble = ({ method, name }) =>
      method === 'PUT' && name.includes('/tile/0/') ? trouble : null;
    await expect(deliver(here, { from: 0, to: 300 })).rejects.toMatchObject({ code });
    expect(here.store.objects.has(checkpoint(300))).toBe(false);
    if (trouble !== 'unheld') {
      here.store.trouble = () => null;
      expect(await deliver(here, { from: 0, to: 300 })).toMatchObject({ size: 300 });
    }
  });

  test('by a store that flaps, until it has everything', async () => {
    const here = await scene();
    let calls = 0;
    here.store.trouble = () => {
      calls += 1;
      return Math.floor(calls / 30) % 2 === 0 ? { status: 503, code: 'SlowDown' } : null;
    };
    let tries = 0;
    for (let size = 0; size < 300; tries += 1) {
      size = await deliver(here, { from: 0, to: 300 }).then(
        (answer) => ('elsewhere' in answer ? 0 : answer.size),
        () => 0,
      );
    }
    expect(tries).toBeGreaterThan(1);
    expect([...here.store.objects.values()].every((it) => it.length === 1)).toBe(true);
  });

  test('by a store that hangs, and the sink ends with its deadline', async () => {
    const here = await scene();
    here.store.trouble = () => 'hang';
    const answer = deliver(here, { from: 0, to: 3 }, AbortSignal.timeout(50));
    await expect(answer).rejects.toMatchObject({ code: 'sink_unreachable' });
  });

  test('by a store that answers without end', async () => {
    const here = await scene();
    here.store.trouble = () => 'huge';
    await expect(here.sink.head(log, soon())).rejects.toMatchObject({ code: 'sink_unreachable' });
  });

  test.each([
    ['versioned', 'sink_refused'],
    ['plain', 'sink_refused'],
  ] as const)('by a bucket that is only %s', async (bucket, code) => {
    const here = await scene();
    here.store.bucket = bucket;
    await expect(deliver(here, { from: 0, to: 3 })).rejects.toMatchObject({
      code,
      hint: 'the bucket must have been made with Object Lock',
    });
  });

  test('where governance holds what compliance was to hold', async () => {
    const here = await scene();
    const weak = await scene({ mode: 'governance' });
    await deliver(weak, { from: 0, to: 3 });
    for (const [name, versions] of weak.store.objects) {
      here.store.objects.set(name, versions);
    }
    await expect(deliver(here, { from: 0, to: 3 })).rejects.toMatchObject({
      code: 'sink_unprotected',
    });
  });

  test.each([
    '<html>welcome</html>',
    '{"ok":true}',
    '',
    '<ListVersionsResult><Version></Version></ListVersionsResult>',
  ])('by what answers 200 and is no S3: %s', async (body) => {
    const here = await scene();
    here.store.trouble = () => ({ body });
    await expect(here.sink.head(log, soon())).rejects.toMatchObject({ code: 'sink_refused' });
  });
});

describe('a secret', () => {
  test('that is wrong is told by the code of S3 alone', async () => {
    const here = await scene({ secret_key: '{ env: WRONG }' });
    const trouble = await here.sink.head(log, soon()).catch((error: unknown) => error);
    expect(trouble).toMatchObject({
      code: 'sink_refused',
      message: 'sink `worm`: S3 answered 403 `SignatureDoesNotMatch`',
    });
    const told = JSON.stringify([trouble, String(trouble), here.told, here.store.calls]);
    expect(told).not.toContain('not-the-secret');
    expect(told).not.toContain(testKeys.accessKey);
  });

  test('that is not there is asked for by name', async () => {
    const here = await scene({ secret_key: '{ env: NOWHERE }' });
    await expect(here.sink.head(log, soon())).rejects.toMatchObject({
      code: 'secret_source_empty',
    });
  });

  test('that stands in the file is refused, and not repeated', async () => {
    const trouble = await scene({ secret_key: 'hunter2hunter2' }).catch((error: unknown) => error);
    expect(trouble).toMatchObject({ code: 'config_invalid' });
    expect(String(trouble)).not.toContain('hunter2');
  });
});

test.each([
  [{ endpoint: 'http://s3.example.com' }, 'must begin with `https://`'],
  [{ prefix: 'a/../b' }, 'prefix'],
  [{ prefix: '/a' }, 'prefix'],
  [{ bucket: 'No_Bucket' }, 'bucket'],
  [{ retain: '5m' }, 'must be a day or longer'],
  [{ mode: 'complience' }, 'did you mean `compliance`'],
])('a section with %o is refused', async (settings, words) => {
  await expect(scene(settings)).rejects.toThrow(words);
});
