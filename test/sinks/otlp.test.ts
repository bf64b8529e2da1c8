import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { type OtlpReceiver, serveOtlp } from '../support/otlp-receiver.ts';
import { someLog } from '../support/some-log.ts';

const log = someLog(300);

interface Scene {
  readonly receiver: OtlpReceiver;
  readonly sink: Sink;
  readonly told: JsonObject[];
}

async function scene(more = '', clock: Clock = systemClock): Promise<Scene> {
  const receiver = await serveOtlp();
  const told: JsonObject[] = [];
  const section = `siem:\n  kind: otlp\n  url: ${receiver.url}\n${more}`;
  const [sink] = openSinks(parseYaml(section, 'config.yaml', 'config_invalid'), {
    clock,
    env: { TOKEN: 'Bearer a-secret' },
    log: (line) => told.push(line),
  });
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return { receiver, sink, told };
}

function deliver({ sink }: Scene, to: number, of = log, signal = AbortSignal.timeout(20_000)) {
  return sink.deliver({ from: 0, head: of.headAt(to), log: of }, signal);
}

function answering(status: number, body = '', headers: Record<string, string> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };
}

test('every entry is a log record, with its own text to be hashed again', async () => {
  const here = await scene();
  expect(here.sink).toMatchObject({ kind: 'otlp', counts: false, batch: 500 });
  const { root } = log.headAt(300);
  expect(await deliver(here, 300)).toEqual({ size: 300, root, anchor: null });
  const records = here.receiver.requests.flatMap((request) => request.records);
  const hashes = records.map(({ body }) => leafHash(Buffer.from(body.stringValue)));
  expect(hashes).toEqual(log.hashes);
  expect(records[0]).toMatchObject({
    timeUnixNano: '1767225600000000000',
    severityNumber: 9,
    eventName: 'runbook.run.started',
  });
  expect(records[0]?.attributes).toEqual([
    { key: 'log.record.uid', value: { stringValue: log.hashes[0]?.toString('hex') } },
    { key: 'runbook.origin', value: { stringValue: log.origin } },
    { key: 'runbook.index', value: { intValue: '0' } },
    { key: 'runbook.leaf_hash', value: { stringValue: log.hashes[0]?.toString('hex') } },
    { key: 'runbook.type', value: { stringValue: 'run.started' } },
    { key: 'runbook.run', value: { stringValue: 'r1' } },
  ]);
  expect(records[1]?.attributes.map(({ key }) => key)).not.toContain('runbook.run');
});

test('it says nothing of what it has, because nobody could believe it', async () => {
  const here = await scene();
  await deliver(here, 3);
  expect(await here.sink.head(log, AbortSignal.timeout(1000))).toEqual({ elsewhere: null });
});

test('a request is bounded, and entries stay in order', async () => {
  const here = await scene();
  const long = someLog(100, { word: 'x'.repeat(50_000) });
  await deliver(here, 100, long);
  const { requests } = here.receiver;
  expect(requests.length).toBeGreaterThan(4);
  expect(Math.max(...requests.map(({ bytes }) => bytes))).toBeLessThan(1.2 * 1024 * 1024);
  const order = requests.flatMap(({ records }) =>
    records.map(({ attributes }) => attributes.find(({ key }) => key === 'runbook.index')?.value),
  );
  expect(order).toEqual(Array.from({ length: 100 }, (_, at) => ({ intValue: String(at) })));
});

test('headers and gzip are sent as the section says', async () => {
  const here = await scene(
    '  headers:\n    Authorization: { env: TOKEN }\n    X-Scope-OrgID: tenant-1\n  gzip: true\n  batch: 20\n',
  );
  await deliver(here, 3);
  expect(here.sink.batch).toBe(20);
  expect(here.receiver.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer a-secret',
    'x-scope-orgid': 'tenant-1',
    'content-encoding': 'gzip',
  });
});

describe('a delivery is not acknowledged', () => {
  test.each([
    [
      'rejected in part',
      answering(
        200,
        '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too\\u0007 old"}}',
      ),
      'it rejected 2 of the entries: too',
    ],
    [
      'rejected in part, as a number',
      answering(200, '{"partialSuccess":{"rejectedLogRecords":1}}'),
      'it rejected 1 of the entries',
    ],
    ['answered by a page of a proxy', answering(200, '<html>Sign in</html>'), 'no answer of OTLP'],
    [
      'answered with nonsense',
      answering(200, '{"partialSuccess":{"rejectedLogRecords":-1}}'),
      'no answer of OTLP',
    ],
    ['sent elsewhere', answering(302, '', { location: 'http://127.0.0.1:1/' }), 'it answered 302'],
    ['too much', answering(429), 'it answered 429'],
    ['not served', answering(503), 'it answered 503'],
  ])('where it is %s', async (_, answer, words) => {
    const here = await scene();
    here.receiver.answer = answer;
    await expect(deliver(here, 3)).rejects.toMatchObject({
      code: 'sink_refused',
      message: expect.stringContaining(words) as string,
    });
    here.receiver.answer = answering(200, '');
    expect(await deliver(here, 3)).toMatchObject({ size: 3 });
    expect(here.receiver.requests.at(-1)?.records).toHaveLength(3);
  });

  test('where nobody answers until the deadline', async () => {
    const here = await scene();
    here.receiver.answer = () => undefined;
    const late = deliver(here, 3, log, AbortSignal.timeout(50));
    await expect(late).rejects.toMatchObject({ code: 'sink_unreachable' });
  });

  test('where the answer is cut off, or has no end', async () => {
    const here = await scene();
    here.receiver.answer = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      response.destroy();
    };
    await expect(deliver(here, 3)).rejects.toMatchObject({ code: 'sink_unreachable' });
    here.receiver.answer = answering(200, ' '.repeat(100_000));
    await expect(deliver(here, 3)).rejects.toMatchObject({ code: 'sink_unreachable' });
  });
});

test('a receiver that asks for time is left alone for so long', async () => {
  let wallMs = Date.UTC(2026, 0, 1);
  const here = await scene('', { now: () => ({ wallMs, monoUs: 0, boot: 'b' }) });
  here.receiver.answer = answering(503, '', { 'retry-after': '30' });
  await expect(deliver(here, 3)).rejects.toMatchObject({ message: 'sink `siem`: it answered 503' });
  wallMs += 29_000;
  await expect(deliver(here, 3)).rejects.toMatchObject({
    message: 'sink `siem`: it asked to be left alone for 1s more',
  });
  expect(here.receiver.requests).toHaveLength(1);
  wallMs += 1000;
  here.receiver.answer = answering(200, '{}');
  expect(await deliver(here, 3)).toMatchObject({ size: 3 });
});

test('a warning beside a success is told, without what a terminal would obey', async () => {
  const here = await scene();
  here.receiver.answer = answering(
    200,
    '{"partialSuccess":{"errorMessage":"slow\\u001b[2J down"}}',
  );
  expect(await deliver(here, 3)).toMatchObject({ size: 3 });
  expect(JSON.stringify(here.told)).toMatch(/"event":"sink_warning".*slow.* down/);
  expect(JSON.stringify(here.told)).not.toContain('u001b');
});

test.each([
  ['  headers: { Authorization: "Bearer hunter2hunter2" }\n', 'must say where it is kept'],
  ['  headers: { Api-Key: { token: hunter2hunter2 } }\n', 'unknown key `token`'],
  ['  batch: 0\n', 'a whole number from 1'],
  ['  compress: gzip\n', 'unknown key `compress`'],
])('a section is refused, and its secrets are not repeated: %s', async (more, words) => {
  const trouble = await scene(more).catch((error: unknown) => error);
  expect(trouble).toMatchObject({ code: 'config_invalid' });
  expect(String(trouble)).toContain(words);
  if (more.includes('Bearer')) {
    expect(String(trouble)).not.toContain('hunter2');
  }
});
