import { afterAll, beforeAll, describe, expect } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { treeRoot } from '../../src/journal/merkle.ts';
import { tilePath } from '../../src/journal/tiles.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { encodePath, encodeQuery, signRequest } from '../../src/sinks/s3/sign-request.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { type CephStore, cephPrograms, openCeph } from '../support/ceph.ts';
import { hasProgram, testWith } from '../support/foreign.ts';
import { someLog } from '../support/some-log.ts';

const log = someLog(600);
const other = someLog(600, { word: 'other' });
const root = `copies/${sha256(log.origin)}`;
const checkpoint = (size: number): string => `${root}/checkpoint/${String(size).padStart(16, '0')}`;

const isHere = cephPrograms.every(hasProgram);
let store: CephStore | null = null;

beforeAll(async () => {
  store = isHere ? await openCeph() : null;
});

afterAll(async () => {
  await store?.close();
});

function ceph(): CephStore {
  if (store === null) {
    throw new Error('Ceph is not here');
  }
  return store;
}

/** The bucket's owner, or whoever has their key. */
async function asOwner(
  method: string,
  path: string,
  of: {
    readonly headers?: Record<string, string>;
    readonly query?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<{ readonly status: number; readonly body: Buffer; readonly headers: Headers }> {
  const { headers = {}, query = {}, body } = of;
  const { endpoint, accessKey, secretKey } = ceph();
  const { host } = new URL(endpoint);
  const bodyHash = sha256(body ?? '');
  const signed = signRequest(
    {
      method,
      host,
      path,
      query,
      headers: { ...headers, 'x-amz-content-sha256': bodyHash },
      bodyHash,
    },
    { accessKey, secretKey, sessionToken: null },
    { region: 'default', service: 's3', nowMs: Date.now() },
  );
  const url = `${endpoint}${encodePath(path)}?${encodeQuery(query)}`;
  const answer = await fetch(url, {
    method,
    headers: signed,
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

async function aBucket(
  name: string,
  lock = true,
): Promise<{ readonly sink: Sink; readonly told: JsonObject[] }> {
  const headers: Record<string, string> = lock
    ? { 'x-amz-bucket-object-lock-enabled': 'true' }
    : {};
  expect((await asOwner('PUT', `/${name}`, { headers })).status).toBe(200);
  return openSink(name);
}

function openSink(
  bucket: string,
  secret = ceph().secretKey,
): { readonly sink: Sink; readonly told: JsonObject[] } {
  const told: JsonObject[] = [];
  const section = `worm:
  kind: s3
  endpoint: ${ceph().endpoint}
  region: default
  bucket: ${bucket}
  prefix: copies
  access_key: { env: ACCESS_KEY }
  secret_key: { env: SECRET_KEY }
  retain: 30d
  path_style: true
`;
  const [sink] = openSinks(parseYaml(section, 'config.yaml', 'config_invalid'), {
    clock: systemClock,
    env: { ACCESS_KEY: ceph().accessKey, SECRET_KEY: secret },
    log: (line) => told.push(line),
  });
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return { sink, told };
}

function deliver(sink: Sink, from: number, to: number, of = log) {
  return sink.deliver({ from, head: of.headAt(to), log: of }, AbortSignal.timeout(60_000));
}

function head(sink: Sink) {
  return sink.head(log, AbortSignal.timeout(60_000));
}

describe("a bucket of Ceph's object gateway", () => {
  testWith(cephPrograms, 'has the whole log, delivered in pieces, and twice', async () => {
    const { sink, told } = await aBucket('whole');
    expect(await head(sink)).toEqual({ elsewhere: null });
    for (const [from, to] of [
      [0, 3],
      [3, 300],
      [3, 300],
      [300, 600],
    ] as const) {
      expect(await deliver(sink, from, to)).toMatchObject({ size: to, root: log.headAt(to).root });
    }
    expect(await head(openSink('whole').sink)).toMatchObject({
      size: 600,
      root: log.headAt(600).root,
    });
    const tiles = await Promise.all(
      [tilePath(0, 0), tilePath(0, 1), tilePath(0, 2, 88)].map((path) => readTile('whole', path)),
    );
    expect(treeRoot(tiles.flat())).toEqual(log.headAt(600).root);
    expect(told).toEqual([]);
  });

  testWith(cephPrograms, 'keeps what its own owner wants to delete or shorten', async () => {
    const { sink, told } = await aBucket('held');
    await deliver(sink, 0, 300);
    const path = `/held/${checkpoint(300)}`;
    const versionId = (await asOwner('HEAD', path)).headers.get('x-amz-version-id') ?? '';
    expect((await asOwner('DELETE', path, { query: { versionId } })).status).toBe(403);
    const bypass = { 'x-amz-bypass-governance-retention': 'true' };
    expect((await asOwner('DELETE', path, { query: { versionId }, headers: bypass })).status).toBe(
      403,
    );
    expect((await asOwner('DELETE', path)).status).toBe(204);
    expect((await asOwner('PUT', path, { body: 'something else' })).status).toBe(200);
    expect(await head(sink)).toMatchObject({ size: 300, root: log.headAt(300).root });
    expect(told.map(({ what }) => what)).toEqual(['a second version', 'a delete marker']);
    expect(await deliver(sink, 300, 600)).toMatchObject({ size: 600 });
  });

  testWith(cephPrograms, 'shows a second history, whoever wrote it', async () => {
    const { sink } = await aBucket('forked');
    await deliver(sink, 0, 300);
    await expect(deliver(sink, 0, 300, other)).rejects.toMatchObject({ code: 'E_FORK' });
    const { note } = other.headAt(300);
    await asOwner('PUT', `/forked/${checkpoint(300)}`, { body: note });
    await expect(head(sink)).rejects.toMatchObject({ code: 'E_FORK', theirs: { note } });
  });

  testWith(cephPrograms, 'finds its newest checkpoint among many', async () => {
    const { sink } = await aBucket('many');
    for (let size = 1; size <= 450; size += 1) {
      const body = log.headAt(size).note;
      await asOwner('PUT', `/many/${checkpoint(size)}`, { body });
    }
    expect(await head(sink)).toMatchObject({ size: 450, root: log.headAt(450).root });
  });

  testWith(
    cephPrograms,
    'without Object Lock is refused before anything is acknowledged',
    async () => {
      const { sink } = await aBucket('open', false);
      await expect(deliver(sink, 0, 3)).rejects.toMatchObject({
        code: 'sink_refused',
        hint: 'the bucket must have been made with Object Lock',
      });
    },
  );

  testWith(cephPrograms, 'refuses a key that is wrong, and the secret is not told', async () => {
    await aBucket('closed');
    const { sink } = openSink('closed', 'wrong-secret');
    const trouble = await head(sink).catch((error: unknown) => error);
    expect(trouble).toMatchObject({
      code: 'sink_refused',
      message: 'sink `worm`: S3 answered 403 `SignatureDoesNotMatch`',
    });
    expect(JSON.stringify([trouble, String(trouble)])).not.toContain('wrong-secret');
  });
});

async function readTile(bucket: string, path: string): Promise<readonly Buffer[]> {
  const { body } = await asOwner('GET', `/${bucket}/${root}/${path}`);
  return Array.from({ length: body.length / 32 }, (_, at) => body.subarray(at * 32, at * 32 + 32));
}
