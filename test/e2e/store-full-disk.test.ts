import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newNonce, newRunId } from '../../src/base/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { runStarted } from '../support/some-events.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { storeOptions } from '../support/temp-store.ts';

const isRoot = process.geteuid?.() === 0;

describe.runIf(isRoot)('a small disk (needs root, to mount one)', () => {
  let dir: string;
  let store: Store;

  beforeEach(() => {
    dir = tempFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'tmpfs', dir]);
    store = openSqliteStore(storeOptions(dir));
  });
  afterEach(async () => {
    await store.close();
    execFileSync('umount', [dir]);
  });

  function commit(closing: boolean) {
    const events = [runStarted()];
    return store.commit({
      run: newRunId(),
      expectedVersion: 0,
      commandId: newNonce(),
      events,
      closing,
    });
  }

  function fill(): void {
    const { bfree, bsize } = statfsSync(dir);
    writeFileSync(join(dir, 'filler'), Buffer.alloc(bfree * bsize));
  }

  /** The write-ahead log may have some room of its own left. */
  async function commitUntilFull(): Promise<unknown> {
    for (let count = 0; count < 1000; count += 1) {
      try {
        await commit(false);
      } catch (error) {
        return error;
      }
    }
    throw new Error('the disk never filled up');
  }

  test('that is full refuses what begins, and what closes goes into the reserve', async () => {
    await commit(false);
    expect(existsSync(join(dir, 'reserve'))).toBe(true);
    fill();
    expect(await commitUntilFull()).toMatchObject({ code: 'journal_full', exitCode: 18 });
    const { size } = await store.head();
    expect(await store.entries(size, size + 1)).toEqual([]);
    await expect(store.putBlob(Buffer.alloc(10_000))).rejects.toMatchObject({
      code: 'journal_full',
    });

    for (let count = 1; count <= 20; count += 1) {
      expect((await commit(true)).first).toBe(size + count - 1);
    }
    expect(existsSync(join(dir, 'reserve'))).toBe(false);
    await expect(commit(false)).rejects.toMatchObject({ code: 'journal_full' });

    rmSync(join(dir, 'filler'));
    expect((await commit(false)).first).toBe(size + 20);
    expect(existsSync(join(dir, 'reserve'))).toBe(true);
    await store.rebuild(() => undefined);
  });

  test('that is full lets a hold go in silence', async () => {
    const run = newRunId();
    const holder = { host: 'h', pid: 1, boot: 'b', startTime: '1', since: 'now' };
    await store.takeHold(run, holder, () => true);
    fill();
    await commitUntilFull();
    await store.releaseHold(run, holder);
  });

  test('that is read-only cannot be recorded on, and says so', async () => {
    await store.close();
    execFileSync('mount', ['-o', 'remount,ro', dir]);
    expect(() => openSqliteStore(storeOptions(dir))).toThrow(
      expect.objectContaining({ code: 'journal_unwritable', exitCode: 18 }),
    );
    execFileSync('mount', ['-o', 'remount,rw', dir]);
    store = openSqliteStore(storeOptions(dir));
    expect((await store.head()).size).toBe(1);
  });
});
