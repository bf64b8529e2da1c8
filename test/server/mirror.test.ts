import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { openDoor } from '../../src/witness/door.ts';
import { knownLogs } from '../../src/witness/known-logs.ts';
import { openWatch } from '../../src/witness/open-watch.ts';
import { memoryLog } from '../support/memory-log.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { ana, openServed } from './served.ts';

const log = memoryLog(300);
const { origin } = log.view;
const checkpoint = `GET /mirror/${sha256(origin)}/checkpoint`;

async function openMirroring(perMinute?: number) {
  const watch = openWatch({
    dir: tempFolder(),
    name: 'server.test',
    logs: knownLogs([formatVerifierKey(origin, log.signer.publicKey)]),
    mirrors: true,
    clock: systemClock,
    log: () => undefined,
  });
  onTestFinished(() => {
    watch.close();
  });
  const mirror = openDoor({ ...watch, isPublic: true, log: () => undefined });
  const served = await openServed({ mirror, ...(perMinute === undefined ? {} : { perMinute }) });
  const text = `m: { kind: mirror, url: "${served.url}/mirror", key: "${watch.mirror?.verifierKey ?? ''}" }`;
  const [sink] = openSinks(parseYaml(text, 'config.yaml', 'config_invalid'), {
    clock: systemClock,
    env: {},
    log: () => undefined,
  });
  const deliver = (from: number, to: number) =>
    sink?.deliver({ from, head: log.headAt(to), log: log.view }, AbortSignal.timeout(20_000));
  return { served, deliver };
}

test("a server keeps another host's journal, which that journal's own signatures let in", async () => {
  const { deliver, served } = await openMirroring();
  expect(await deliver(0, 300)).toMatchObject({ size: 300 });
  const reader = await served.token(ana, ['read']);
  const read = await served.call(checkpoint, { token: reader });
  expect(read).toMatchObject({ status: 200 });
  expect(read.text).toContain(log.headAt(300).note);
});

test('what a server keeps of others is read with a token that may read', async () => {
  const { deliver, served } = await openMirroring();
  await deliver(0, 3);
  expect((await served.call(checkpoint)).status).toBe(401);
  const starter = await served.token(ana, ['start']);
  expect((await served.call(checkpoint, { token: starter })).status).toBe(403);
  const reader = await served.token(ana, ['read']);
  expect((await served.call('GET /mirror/%2e%2e/v1/about', { token: reader })).status).not.toBe(
    500,
  );
  expect((await served.call(`${checkpoint}x`, { token: reader })).status).toBe(404);
});

test('whoever is refused there is counted, and whoever is let in is not', async () => {
  const { deliver, served } = await openMirroring(30);
  for (let size = 1; size < 20; size += 1) {
    await deliver(size - 1, size);
  }
  const statuses: number[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    statuses.push(
      (await served.call('POST /mirror/add-checkpoint', { body: Buffer.from('no') })).status,
    );
  }
  expect(statuses[0]).toBe(400);
  expect(statuses.at(-1)).toBe(429);
});

test('a server that mirrors nobody has no such place', async () => {
  const served = await openServed();
  expect(
    (await served.call('POST /mirror/add-checkpoint', { body: Buffer.from('no') })).status,
  ).toBe(404);
  expect((await served.call(checkpoint)).status).toBe(404);
});
