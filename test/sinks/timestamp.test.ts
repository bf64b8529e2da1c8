import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { InvalidFileError } from '../../src/base/problem.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { formatCheckpoint } from '../../src/journal/checkpoint.ts';
import { verifyTimestamp } from '../../src/journal/timestamp.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import type { Acknowledged, Delivery, Sink } from '../../src/sinks/sink.ts';
import { openAuthority, serveAuthority } from '../support/timestamp-authority.ts';

const origin = 'runbook/a-log';
const root = Buffer.alloc(32, 9);
const head = { size: 3, root, note: '', time: '2026-11-21T22:00:00.000Z' };
const delivery: Delivery = {
  from: 0,
  head,
  log: {
    origin,
    head: async () => head,
    entries: async () => [],
    nodes: async () => [],
    consistencyProof: async () => [],
  },
};
const message = Buffer.from(formatCheckpoint({ origin, size: 3, root }));

function openSink(section: string): Sink {
  const [sink] = openSinks(parseYaml(section, 'config.yaml', 'config_invalid'), {
    clock: systemClock,
    env: {},
    log: () => undefined,
  });
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return sink;
}

async function sinkOf(caFile: string, answer: Parameters<typeof serveAuthority>[0]): Promise<Sink> {
  return openSink(
    `tsa: { kind: timestamp, url: "${await serveAuthority(answer)}", ca: ${caFile} }`,
  );
}

function deliver(sink: Sink, by: Delivery = delivery): Promise<Acknowledged> {
  return sink.deliver(by, AbortSignal.timeout(20_000)) as Promise<Acknowledged>;
}

test('a token comes back that anybody can verify with what the sink names', async () => {
  const authority = openAuthority();
  const sink = await sinkOf(authority.caFile, (request) => ({ body: authority.reply(request) }));
  expect(sink).toMatchObject({ name: 'tsa', counts: false, wants: 'run_end' });
  const said = await deliver(sink);
  expect(said).toMatchObject({ size: 3, root, anchor: { kind: 'timestamp' } });
  const key = sink.anchorKey?.();
  expect(key).toEqual({ kind: 'timestamp', certificates: authority.certificates });
  const token = Buffer.from(said.anchor?.evidence ?? '', 'base64');
  const { certificates } = authority;
  expect(verifyTimestamp(token, { message, certificates }).authority).toContain('test authority');
});

describe('is no acknowledgement:', () => {
  test('an earlier token, given again', async () => {
    const authority = openAuthority();
    let first: Buffer | null = null;
    const sink = await sinkOf(authority.caFile, (request) => {
      first ??= authority.reply(request);
      return { body: first };
    });
    await deliver(sink);
    await expect(deliver(sink)).rejects.toMatchObject({ code: 'E_TIMESTAMP' });
  });

  test('a token over another head', async () => {
    const authority = openAuthority();
    let first: Buffer | null = null;
    const sink = await sinkOf(authority.caFile, (request) => {
      first ??= authority.reply(request);
      return { body: first };
    });
    await deliver(sink);
    const other = { ...delivery, head: { ...delivery.head, size: 4 } };
    await expect(deliver(sink, other)).rejects.toMatchObject({ code: 'E_TIMESTAMP' });
  });

  test('a token of somebody else', async () => {
    const { caFile } = openAuthority();
    const other = openAuthority();
    const sink = await sinkOf(caFile, (request) => ({ body: other.reply(request) }));
    await expect(deliver(sink)).rejects.toMatchObject({ code: 'E_TIMESTAMP' });
  });

  test.each([
    ['an error', { status: 503, body: Buffer.from('later') }, 'sink_refused'],
    ['a page', { body: Buffer.from('<html>') }, 'E_DER'],
    ['nothing', { body: Buffer.alloc(0) }, 'E_DER'],
    ['more than a token', { body: Buffer.alloc(1024 * 1024) }, 'sink_unreachable'],
  ])('%s', async (_, answer, code) => {
    const { caFile } = openAuthority();
    await expect(deliver(await sinkOf(caFile, () => answer))).rejects.toMatchObject({ code });
  });
});

test('certificates that others may write are not trusted', async () => {
  const authority = openAuthority();
  chmodSync(authority.caFile, 0o666);
  const sink = await sinkOf(authority.caFile, (request) => ({ body: authority.reply(request) }));
  expect(() => sink.anchorKey?.()).toThrow(
    expect.objectContaining({ name: 'ConfigError', code: 'certificates_unusable' }),
  );
  await expect(deliver(sink)).rejects.toMatchObject({ code: 'certificates_unusable' });
});

test.each([
  'tsa: { kind: timestamp }',
  'tsa: { kind: timestamp, url: "ftp://a", ca: /a }',
  'tsa: { kind: timestamp, url: "https://a", ca: a.pem }',
  'tsa: { kind: timestamp, url: "https://user@a", ca: /a }',
])('is a mistake in config.yaml: %s', (section) => {
  expect(() => openSink(section)).toThrow(InvalidFileError);
});
