import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { bundlePath, encodeBundle } from '../../src/journal/tiles.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { buildUpload } from '../../src/sinks/upload.ts';
import { type MemoryLog, memoryLog } from '../support/memory-log.ts';
import { mirroredEntries } from '../support/mirrored.ts';
import { watching } from '../support/watching.ts';

const log = memoryLog(700);
const { origin } = log.view;
const logKey = formatVerifierKey(origin, log.signer.publicKey);
const hash = sha256(origin);

async function openMirror() {
  const watch = await watching([logKey]);
  const { url, dir } = watch;
  let seen = 0;
  return {
    ...watch,
    folder: join(dir, 'logs', hash),
    mirrored: () => mirroredEntries({ dir, url, origin }),
    /** Makes this the pending head. */
    see: async (size: number, of: MemoryLog = log) => {
      const proof = await of.view.consistencyProof(seen, size);
      const hashes = proof.map((each) => `${each.toString('base64')}\n`).join('');
      const body = `old ${seen}\n${hashes}\n${of.headAt(size).note}`;
      const { status } = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
      seen = size;
      return status;
    },
    upload: async (body: Buffer, headers: Readonly<Record<string, string>> = {}) => {
      const answer = await fetch(`${url}/add-entries`, { method: 'POST', body, headers });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
  };
}

/** An honest upload, as it is before it is zipped. */
async function raw(from: number, end: number, of: MemoryLog = log): Promise<Buffer> {
  return gunzipSync((await buildUpload(of.view, { from, end })).body);
}

describe('an upload', () => {
  test('may be zipped or not, and may be asked for again', async () => {
    const { see, upload, mirrored } = await openMirror();
    await see(300);
    const { body, encoding } = await buildUpload(log.view, { from: 0, end: 300 });
    expect((await upload(body, { 'content-encoding': encoding })).status).toBe(200);
    expect((await upload(await raw(0, 300))).status).toBe(200);
    expect((await upload(await raw(300, 300))).status).toBe(200);
    expect((await mirrored()).entries).toHaveLength(300);
  });

  test('that is cut off anywhere leaves what came whole, and goes on from there', async () => {
    const { see, upload, mirrored, folder } = await openMirror();
    await see(700);
    const whole = await raw(0, 700);
    expect((await upload(whole.subarray(0, 1000))).status).toBe(400);
    expect(existsSync(folder)).toBe(false);
    const cut = await upload(whole.subarray(0, whole.length - 1));
    expect(cut).toMatchObject({ status: 202, text: '700\n512\n\n' });
    expect(cut.headers.get('content-type')).toBe('text/x.tlog.mirror-info');
    expect(existsSync(join(folder, 'checkpoint'))).toBe(false);
    expect((await upload(await raw(512, 700))).status).toBe(200);
    expect((await mirrored()).entries).toEqual(log.entries);
  });

  test('that was cut off goes on after the mirror went away', async () => {
    const first = await openMirror();
    await first.see(700);
    await first.upload((await raw(0, 700)).subarray(0, -1));
    await first.stop();
    const { url, dir } = await watching([logKey], { dir: first.dir });
    const send = async (body: Buffer) => fetch(`${url}/add-entries`, { method: 'POST', body });
    expect(await (await send(await raw(0, 0))).text()).toBe('700\n512\n\n');
    expect((await send(await raw(512, 700))).status).toBe(200);
    expect((await mirroredEntries({ dir, url, origin })).entries).toEqual(log.entries);
  });

  test('that is not what it says it is zipped as is none', async () => {
    const { see, upload } = await openMirror();
    await see(300);
    const gzip = { 'content-encoding': 'gzip' };
    expect((await upload(await raw(0, 300), gzip)).status).toBe(400);
  });

  test('of several at a time ends with one copy', async () => {
    const { see, upload, mirrored } = await openMirror();
    await see(600);
    const bodies = await Promise.all([0, 0, 0].map((from) => raw(from, 600)));
    const answers = await Promise.all(bodies.map((body) => upload(body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await mirrored()).entries).toHaveLength(600);
  });
});

describe('a mirror refuses', () => {
  test('what it cannot prove, and keeps none of it', async () => {
    const { see, upload, folder, lines } = await openMirror();
    await see(300);
    const whole = await raw(0, 300);
    for (const at of [40, 5000, whole.length - 1]) {
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] ?? 0) ^ 1;
      const { status } = await upload(altered);
      expect([400, 422, 202]).toContain(status);
    }
    expect(existsSync(join(folder, 'checkpoint'))).toBe(false);
    const other = await upload(await raw(0, 300, memoryLog(300, { branch: 'other' })));
    expect(other.status).toBe(422);
    expect(lines.some(({ event }) => event === 'entries_unproven')).toBe(true);
  });

  test('entries behind a gap, of heads it has not seen, and of logs it does not know', async () => {
    const { see, upload } = await openMirror();
    expect(await upload(await raw(0, 0))).toMatchObject({ status: 409, text: '0\n0\n\n' });
    await see(300);
    expect(await upload(await raw(256, 300))).toMatchObject({ status: 409, text: '300\n0\n\n' });
    expect(await upload(await raw(0, 200))).toMatchObject({ status: 409, text: '300\n0\n\n' });
    const unknown = memoryLog(3, { origin: 'another' });
    expect((await upload(await raw(0, 3, unknown))).status).toBe(404);
  });

  test('an older head than the one it serves', async () => {
    const { see, upload } = await openMirror();
    await see(20);
    await upload(await raw(0, 20));
    await see(30);
    expect(await upload(await raw(0, 20))).toMatchObject({ status: 409, text: '30\n20\n\n' });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['half a name', Buffer.from([0, 9, 1])],
    ['an end before the start', Buffer.concat([encodeBundle([Buffer.from(origin)]), range(5, 4)])],
    [
      'an end beyond counting',
      Buffer.concat([encodeBundle([Buffer.from(origin)]), Buffer.alloc(18, 255)]),
    ],
    ['no entries at all', Buffer.concat([encodeBundle([Buffer.from(origin)]), range(0, 300)])],
  ])('a body with %s', async (_name, body) => {
    const { see, upload } = await openMirror();
    await see(300);
    expect((await upload(body)).status).toBe(400);
  });

  test('to sign where the hashes it kept no longer lead to the head', async () => {
    const { see, upload, folder, lines } = await openMirror();
    await see(300);
    await upload(await raw(0, 300));
    const tile = join(folder, 'tile/1/000.p/1');
    const bytes = readFileSync(tile);
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    writeFileSync(tile, bytes);
    await see(301);
    expect((await upload(await raw(300, 301))).status).toBe(503);
    expect(lines.some(({ event }) => event === 'copy_damaged')).toBe(true);
  });
});

describe('what is kept', () => {
  test('is served at every width it ever had', async () => {
    const { see, upload, url } = await openMirror();
    for (const [from, to] of [
      [0, 10],
      [10, 200],
      [200, 256],
    ] as const) {
      await see(to);
      await upload(await raw(from, to));
    }
    for (const width of [10, 77, 200]) {
      const bundle = await fetch(`${url}/${hash}/${bundlePath(0, width)}`);
      const expected = encodeBundle(log.entries.slice(0, width));
      expect(Buffer.from(await bundle.arrayBuffer()).equals(expected)).toBe(true);
      const tile = await fetch(`${url}/${hash}/tile/0/000.p/${width}`);
      expect((await tile.arrayBuffer()).byteLength).toBe(width * 32);
    }
    expect((await fetch(`${url}/${hash}/${bundlePath(1, 1)}`)).status).toBe(404);
  });

  test.each([
    '',
    'checkpoint',
    '../witness.key',
    '%2e%2e/witness.key',
    'tile/0/000/../../checkpoint',
    'tile/64/000',
    'tile/00/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256x',
    'tile/entries/1',
    'heads',
  ])('has nothing under `%s`', async (path) => {
    const { see, url } = await openMirror();
    await see(10);
    expect((await fetch(`${url}/${hash}/${path}`)).status).toBe(404);
  });

  test("is not anybody's to read unless the mirror was made public", async () => {
    const { url } = await watching([logKey], { isPublic: false });
    const first = await fetch(`${url}/${hash}/checkpoint`);
    expect(first.status).toBe(404);
  });
});

function range(start: number, end: number): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeBigUInt64BE(BigInt(start), 0);
  bytes.writeBigUInt64BE(BigInt(end), 8);
  return bytes;
}
