import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256Bytes } from '../../src/base/digest.ts';
import type { BlobId } from '../../src/base/ids.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
beforeEach(() => {
  temp = openTempStore();
});
afterEach(async () => {
  await temp.remove();
});

function pathOf(id: BlobId): string {
  return join(temp.dir, 'blobs', id.slice(0, 2), id);
}

test('a blob is a file named by the hash of its salt and bytes', async () => {
  const bytes = Buffer.from('content');
  const id = await temp.store.putBlob(bytes);
  const salt = readFileSync(`${pathOf(id)}.salt`);
  expect(salt).toHaveLength(32);
  expect(sha256Bytes(salt, bytes).toString('hex')).toBe(id);
  expect(await temp.store.getBlob(id)).toEqual({ bytes, salt });
  expect(await temp.store.checkBlob(id)).toBe('ok');
});

test('the same bytes are another blob each time: an id tells nothing about its content', async () => {
  const bytes = Buffer.from('yes');
  expect(await temp.store.putBlob(bytes)).not.toBe(await temp.store.putBlob(bytes));
});

test('an empty blob can be stored, while output of nothing makes none', async () => {
  const id = await temp.store.putBlob(Buffer.alloc(0));
  expect((await temp.store.getBlob(id)).bytes).toHaveLength(0);
  const writer = await temp.store.openBlob();
  expect(await writer.finish()).toBeNull();
  expect(readdirSync(join(temp.dir, 'blobs', 'tmp'))).toEqual([]);
});

test('a writer takes pieces and has no name before it is finished', async () => {
  const writer = await temp.store.openBlob();
  const piece = Buffer.alloc(100_000, 'x');
  for (let count = 0; count < 30; count += 1) {
    writer.write(piece);
  }
  expect(writer.size).toBe(3_000_000);
  expect(readdirSync(join(temp.dir, 'blobs'))).toEqual(['tmp']);
  const id = await writer.finish();
  expect(id === null ? null : (await temp.store.getBlob(id)).bytes.length).toBe(3_000_000);
});

test('a writer that is aborted leaves nothing', async () => {
  const writer = await temp.store.openBlob();
  writer.write(Buffer.from('half'));
  await writer.abort();
  await writer.abort();
  expect(readdirSync(join(temp.dir, 'blobs'), { recursive: true })).toEqual(['tmp']);
});

test('a writer takes nothing more once it is finished', async () => {
  const writer = await temp.store.openBlob();
  writer.write(Buffer.from('x'));
  await writer.finish();
  expect(() => writer.write(Buffer.from('y'))).toThrow('no longer written');
  await expect(writer.finish()).rejects.toMatchObject({ code: 'blob_closed' });
});

test('altered bytes, a missing file and an erased salt are told apart from an intact blob', async () => {
  const id = await temp.store.putBlob(Buffer.from('content'));
  writeFileSync(pathOf(id), 'c0ntent');
  expect(await temp.store.checkBlob(id)).toBe('altered');
  await expect(temp.store.getBlob(id)).rejects.toMatchObject({
    code: 'blob_altered',
    exitCode: 14,
  });
  rmSync(pathOf(id));
  expect(await temp.store.checkBlob(id)).toBe('missing');
  await expect(temp.store.getBlob(id)).rejects.toMatchObject({ code: 'blob_missing' });
  const erased = await temp.store.putBlob(Buffer.from('content'));
  rmSync(`${pathOf(erased)}.salt`);
  expect(await temp.store.checkBlob(erased)).toBe('missing');
  await expect(temp.store.getBlob(erased)).rejects.toMatchObject({ code: 'blob_missing' });
});

test('an id that is not a hash cannot name another file', async () => {
  const id = '../../../etc/passwd' as BlobId;
  await expect(temp.store.getBlob(id)).rejects.toMatchObject({ code: 'not_a_blob' });
  await expect(temp.store.checkBlob(id)).rejects.toMatchObject({ code: 'not_a_blob' });
});

test('what a crashed writer left is swept a day later, and not before', async () => {
  const [fresh, stale] = ['fresh', 'stale'].map((name) => join(temp.dir, 'blobs', 'tmp', name));
  await temp.store.putBlob(Buffer.from('makes the folder'));
  const paths = [fresh ?? '', stale ?? ''];
  for (const path of paths) {
    writeFileSync(path, 'half');
  }
  const dayAgo = Date.now() / 1000 - 86_500;
  utimesSync(stale ?? '', dayAgo, dayAgo);
  await temp.open().close();
  expect(paths.map((path) => existsSync(path))).toEqual([true, false]);
});
