import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileHashes } from '../../src/actions/hash-file.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import { inFolder } from './scene.ts';

/** To this clock every file was changed long ago, so every hash is remembered. */
const tomorrow: Clock = {
  now: () => ({ ...systemClock.now(), wallMs: systemClock.now().wallMs + 86_400_000 }),
};

test('a remembered hash is not taken for changed bytes, whatever the file says its age is', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'program');
    const hashes = openFileHashes(tomorrow);
    writeFileSync(path, 'good');
    expect([hashes.program(path), hashes.program(path)]).toEqual([sha256('good'), sha256('good')]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(path, 'evil');
    utimesSync(path, 0, 0);
    expect(hashes.program(path)).toBe(sha256('evil'));
  });
});

test('a file that changes in the instant in which it was hashed is read again', async () => {
  await inFolder((folder) => {
    const path = join(folder, 'program');
    const hashes = openFileHashes(systemClock);
    for (let round = 0; round < 50; round += 1) {
      for (const text of ['good', 'evil']) {
        writeFileSync(path, text);
        expect(hashes.program(path)).toBe(sha256(text));
      }
    }
  });
});

test('a file put in place of another is another', async () => {
  await inFolder((folder) => {
    const path = join(folder, 'program');
    const hashes = openFileHashes(tomorrow);
    writeFileSync(path, 'good');
    hashes.program(path);
    writeFileSync(`${path}.new`, 'evil');
    renameSync(`${path}.new`, path);
    expect(hashes.program(path)).toBe(sha256('evil'));
  });
});

test('what is not a regular file has no hash', async () => {
  await inFolder((folder) => {
    mkdirSync(join(folder, 'sub'));
    expect(openFileHashes(systemClock).file(join(folder, 'sub'))).toBeNull();
    expect(openFileHashes(systemClock).file('/dev/null')).toBeNull();
  });
});

test('a file of many chunks is hashed whole', async () => {
  await inFolder((folder) => {
    const bytes = Buffer.alloc(1_000_003, 'abc');
    writeFileSync(join(folder, 'big'), bytes);
    expect(openFileHashes(systemClock).file(join(folder, 'big'))).toBe(sha256(bytes));
  });
});
