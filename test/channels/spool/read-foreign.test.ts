import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runTool } from '../../../src/base/tool.ts';
import { readForeign } from '../../../src/channels/spool/read-foreign.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const limit = 1000;

function folder() {
  const dir = tempFolder({ real: 'hello' });
  return { dir, real: join(dir, 'real'), path: join(dir, 'path') };
}

test('a regular file is read, with the account that owns it', () => {
  const { real } = folder();
  expect(readForeign(real, limit)).toEqual({
    kind: 'file',
    uid: process.geteuid?.(),
    bytes: Buffer.from('hello'),
  });
});

test('a file as large as allowed is read whole, and one byte more is refused', () => {
  const { path } = folder();
  writeFileSync(path, Buffer.alloc(100_000, 1));
  expect(readForeign(path, 100_000)).toMatchObject({ kind: 'file' });
  expect(readForeign(path, 99_999)).toEqual({ kind: 'unfit', why: 'is larger than 99999 bytes' });
});

test('a huge file is refused before it is read', () => {
  const { path } = folder();
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
  expect(readForeign(path, limit)).toMatchObject({ kind: 'unfit' });
});

test('a link is not followed', () => {
  const { path } = folder();
  symlinkSync('/etc/passwd', path);
  expect(readForeign(path, limit)).toEqual({ kind: 'unfit', why: 'is a link' });
});

test('a file with a second name is refused under either', () => {
  const { real, path } = folder();
  linkSync(real, path);
  expect(readForeign(path, limit)).toEqual({ kind: 'unfit', why: 'has 2 names' });
  expect(readForeign(real, limit)).toEqual({ kind: 'unfit', why: 'has 2 names' });
});

test('a pipe that nobody writes to is not waited for', () => {
  const { path } = folder();
  runTool(['mkfifo', path]);
  expect(readForeign(path, limit)).toEqual({ kind: 'unfit', why: 'is no regular file' });
});

test('a folder, a device and a socket are no files', async () => {
  const { dir, path } = folder();
  mkdirSync(path);
  expect(readForeign(path, limit)).toEqual({ kind: 'unfit', why: 'is no regular file' });
  expect(readForeign('/dev/zero', limit)).toEqual({ kind: 'unfit', why: 'is no regular file' });
  const server = createServer();
  await new Promise<void>((done) => server.listen(join(dir, 'socket'), done));
  expect(readForeign(join(dir, 'socket'), limit)).toEqual({
    kind: 'unfit',
    why: 'is no regular file',
  });
  await new Promise((done) => server.close(done));
});

test('what is gone is gone', () => {
  expect(readForeign(join(tempFolder(), 'nothing'), limit)).toEqual({ kind: 'gone' });
});
