import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readIfExists, writeFileDurably } from '../../src/base/files.ts';

const dir = mkdtempSync(join(tmpdir(), 'runbook-files-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('a file is replaced whole, with the mode it was given, and nothing is left beside it', () => {
  const path = join(dir, 'pin.json');
  writeFileDurably(path, 'first', 0o600);
  writeFileDurably(path, Buffer.from('second'), 0o640);
  expect(readFileSync(path, 'utf8')).toBe('second');
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(dir)).toEqual(['pin.json']);
});

test('a link under the name is replaced, not written through', () => {
  const target = join(dir, 'target');
  const link = join(dir, 'link');
  writeFileDurably(target, 'mine', 0o600);
  symlinkSync(target, link);
  writeFileDurably(link, 'theirs', 0o600);
  expect(readFileSync(target, 'utf8')).toBe('mine');
});

test('a failed write leaves no temporary file', () => {
  const folder = join(dir, 'folder');
  mkdirSync(folder);
  const before = readdirSync(dir);
  expect(() => writeFileDurably(folder, 'x', 0o600)).toThrow('EISDIR');
  expect(readdirSync(dir)).toEqual(before);
});

test('a missing file is null, an unreadable one an error', () => {
  expect(readIfExists(join(dir, 'nowhere'))).toBeNull();
  expect(readIfExists(join(dir, 'pin.json'))?.toString()).toBe('second');
  expect(() => readIfExists(dir)).toThrow('EISDIR');
});
