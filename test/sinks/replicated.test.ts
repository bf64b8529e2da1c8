import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { verifyCopy } from '../../src/engine/proof/verify-copy.ts';
import { syncAll } from '../../src/engine/replicate/sync-all.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { checkpointPath } from '../../src/journal/tiles.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import type { TileFiles } from '../../src/sinks/tile-files.ts';
import { serveOtlp } from '../support/otlp-receiver.ts';
import { type S3Emulator, serveS3, testBucket, testKeys } from '../support/s3-emulator.ts';
import { openScene } from '../support/scene.ts';
import { tempFolder } from '../support/temp-folder.ts';

const runbook = `
name: steps
steps:
  - { id: one, run: "echo one" }
  - { id: two, run: "echo two" }
`;

/** What `docs/sinks.md` tells an auditor to fetch: the oldest version of every name. */
function filesIn(bucket: S3Emulator, origin: string): TileFiles {
  const root = `runbook/${sha256(origin)}`;
  const names = [...bucket.objects.keys()].sort();
  const newest = names.findLast((name) => name.startsWith(`${root}/${checkpointPath}/`)) ?? '';
  return {
    place: bucket.endpoint,
    read: async (path) => {
      const name = path === checkpointPath ? newest : `${root}/${path}`;
      return bucket.objects.get(name)?.at(-1)?.bytes ?? null;
    },
  };
}

test('a journal reaches bucket, file and SIEM through all they do wrong, and its copy verifies', async () => {
  const scene = openScene({ runbook });
  const engine = scene.engine();
  const { store } = engine;
  const [bucket, siem, path] = [await serveS3(), await serveOtlp(), join(tempFolder(), 'j.jsonl')];
  const section = `
lines: { kind: file, path: "${path}" }
siem: { kind: otlp, url: "${siem.url}" }
worm:
  kind: s3
  endpoint: "${bucket.endpoint}"
  region: here
  bucket: ${testBucket}
  access_key: { env: ACCESS_KEY }
  secret_key: { env: SECRET_KEY }
  retain: 1d
  path_style: true
`;
  const sinks = openSinks(parseYaml(section, 'config.yaml', 'config_invalid'), {
    clock: systemClock,
    env: { ACCESS_KEY: testKeys.accessKey, SECRET_KEY: testKeys.secretKey },
    log: () => undefined,
  });
  let calls = 0;
  bucket.trouble = ({ method }) => {
    calls += 1;
    const down = calls % 30 < 3;
    return down ? (method === 'PUT' ? 'lose' : { status: 503, code: 'SlowDown' }) : null;
  };
  const rejecting = ['{"partialSuccess":{"rejectedLogRecords":"1"}}', '{}'];
  siem.answer = (response) => response.end(rejecting.shift() ?? '{}');
  for (let runs = 0; runs < 3; runs += 1) {
    await scene.exec();
    const options = { sinks, withinMs: 60_000, confirm: runs === 2, retry: true };
    const standings = await syncAll(engine, options);
    expect(standings.map(({ trouble }) => trouble)).toEqual([null, null, null]);
  }
  const { size } = await store.head();
  const entries = await store.entries(0, size);
  const { name, publicKey } = newestKey(await store.keys());
  const report = await verifyCopy(filesIn(bucket, store.origin), {
    keys: [formatVerifierKey(name, publicKey)],
    receipts: [],
    pins: [],
    nowMs: systemClock.now().wallMs,
    progress: () => undefined,
  });
  expect(report).toMatchObject({ findings: [], exit_code: 0 });
  expect([...bucket.objects.values()].every((versions) => versions.length === 1)).toBe(true);
  const leaves = entries.map(({ bytes }) => bytes.toString('utf8'));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const written = lines.map((line) => JSON.parse(line) as { readonly leaf?: string });
  expect(written.flatMap(({ leaf }) => leaf ?? [])).toEqual(leaves);
  const told = siem.requests.flatMap(({ records }) => records.map(({ body }) => body.stringValue));
  expect([...new Set(told)]).toEqual(leaves);
}, 90_000);
