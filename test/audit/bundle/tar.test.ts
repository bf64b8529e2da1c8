import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTar, writeTar } from '../../../src/audit/bundle/tar.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const names = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(\/[a-z0-9]{1,8}(\.json)?)?$/);
const someFiles = fc
  .dictionary(names, fc.uint8Array({ maxLength: 1100 }), { maxKeys: 6 })
  .map((files) => new Map(Object.entries(files).map(([name, it]) => [name, Buffer.from(it)])));

const unreadable: unknown = expect.objectContaining({ code: 'E_BUNDLE_FORM' });

test('what is written is read again, and files in another order are the same bytes', () => {
  fc.assert(
    fc.property(someFiles, (files) => {
      const archive = writeTar(files);
      expect(writeTar(new Map([...files].reverse())).equals(archive)).toBe(true);
      expect(new Set(readTar(archive))).toEqual(new Set(files));
    }),
  );
});

test('no byte of an archive can be changed unnoticed: it is refused, or a file is another', () => {
  const files = new Map([['one', Buffer.from('first')]]);
  const archive = writeTar(files);
  for (const at of archive.keys()) {
    const changed = Buffer.from(archive);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x40, at);
    try {
      expect(readTar(changed)).not.toEqual(files);
    } catch (error) {
      expect(error).toEqual(unreadable);
    }
  }
});

test('an archive is refused that was cut anywhere, or has anything behind its end', () => {
  const archive = writeTar(new Map([['one', Buffer.alloc(700, 1)]]));
  for (let length = 0; length < archive.length; length += 1) {
    expect(() => readTar(archive.subarray(0, length))).toThrow(unreadable);
  }
  for (const more of ['x', '\0', '\0'.repeat(512)]) {
    expect(() => readTar(Buffer.concat([archive, Buffer.from(more)]))).toThrow(unreadable);
  }
});

test('names that lead out of the folder are refused', () => {
  for (const name of ['../up', '/root', 'a/../../b', 'a\\b', '']) {
    expect(() => writeTar(new Map([[name, Buffer.alloc(0)]]))).toThrow('cannot be a name');
  }
});

test('tar of the system unpacks it', () => {
  const dir = tempFolder();
  writeFileSync(join(dir, 'one.tar'), writeTar(new Map([['a/b', Buffer.from('text')]])));
  expect(execFileSync('tar', ['-xOf', 'one.tar', 'a/b'], { cwd: dir }).toString()).toBe('text');
});
