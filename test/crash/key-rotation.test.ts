import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newNonce } from '../../src/base/ids.ts';
import { openNote } from '../../src/journal/checkpoint.ts';
import { keyAt, newestKey } from '../../src/journal/key-history.ts';
import type { KeyRing } from '../../src/journal/signer.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { commitKeys, rotationEvent, signedBy, withRecoveryKey } from '../support/keys.ts';
import { configSet } from '../support/some-events.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { storeOptions } from '../support/temp-store.ts';

class Crash extends Error {}

/** Where the process dies: before or after one of the ring's steps, or while it signs. */
type Point = 'prepare' | 'prepared' | 'sign' | 'signed' | 'open' | 'opened' | 'made';

/** The real ring, in a process that dies at `point` of a rotation. */
function dyingRing(ring: KeyRing, point: () => Point | null): KeyRing {
  const dieAt = (at: Point): void => {
    if (point() === at) {
      throw new Crash(at);
    }
  };
  return {
    ...ring,
    create: (name) => ring.create(name),
    prepare: (name) => {
      dieAt('prepare');
      const made = ring.prepare(name);
      dieAt('made');
      return made;
    },
    prepared: (name, publicKey) => {
      dieAt('prepared');
      const signer = ring.prepared(name, publicKey);
      return {
        ...signer,
        sign: (message) => {
          dieAt('sign');
          const signature = signer.sign(message);
          dieAt('signed');
          return signature;
        },
      };
    },
    open: (name, publicKey) => {
      dieAt('open');
      const signer = ring.open(name, publicKey);
      dieAt('opened');
      return signer;
    },
  };
}

async function expectSound(store: Store): Promise<void> {
  const { head } = await store.commit({
    run: null,
    expectedVersion: null,
    commandId: newNonce(),
    events: [configSet()],
  });
  const history = await store.keys();
  expect(await signedBy(store, head.size)).toBe(newestKey(history).id);
  for (let size = 1; size <= head.size; size += 1) {
    const at = await store.headAt(size);
    expect(at).not.toBeNull();
    openNote(at?.note ?? '', [keyAt(history, size)]);
  }
}

describe('a process that dies while it rotates leaves a journal that the right key opens', () => {
  test.each<readonly [Point, number]>([
    ['prepare', 1],
    ['made', 1],
    ['prepared', 1],
    ['sign', 1],
    ['signed', 1],
    ['open', 2],
    ['opened', 2],
  ])('at %s: %i keys', async (at, keys) => {
    const options = storeOptions(tempFolder());
    let point: Point | null = null;
    const dying = openSqliteStore({ ...options, keys: dyingRing(options.keys, () => point) });
    const recovery = await withRecoveryKey(dying);
    point = at;
    const rotated = rotationEvent(dying, recovery).then((event) => commitKeys(dying, event));
    await expect(rotated).rejects.toBeInstanceOf(Crash);
    await dying.close();

    const after = openSqliteStore(options);
    onTestFinished(() => after.close());
    expect((await after.keys()).keys).toHaveLength(keys);
    await expectSound(after);
    expect((await commitKeys(after, await rotationEvent(after, recovery))).head.size).toBe(
      (await after.head()).size,
    );
    await expectSound(after);
  });
});

test('where the commit is durable and the key not in its place, several processes put it there at once', async () => {
  const options = storeOptions(tempFolder());
  let point: Point | null = null;
  const dying = openSqliteStore({ ...options, keys: dyingRing(options.keys, () => point) });
  const recovery = await withRecoveryKey(dying);
  point = 'open';
  await expect(
    rotationEvent(dying, recovery).then((event) => commitKeys(dying, event)),
  ).rejects.toBeInstanceOf(Crash);
  await dying.close();
  const others = Array.from({ length: 3 }, () => openSqliteStore(options));
  for (const other of others) {
    await expectSound(other);
    await other.close();
  }
  expect(readdirSync(options.dir).filter((name) => name.includes('.next-'))).toEqual([]);
});

test('a key that the log names is not discarded, though its rotation seemed to fail', async () => {
  const options = storeOptions(tempFolder());
  let point: Point | null = null;
  const dying = openSqliteStore({ ...options, keys: dyingRing(options.keys, () => point) });
  const recovery = await withRecoveryKey(dying);
  const event = await rotationEvent(dying, recovery);
  point = 'open';
  await expect(commitKeys(dying, event)).rejects.toBeInstanceOf(Crash);
  const named = newestKey(await dying.keys()).publicKey;
  point = null;
  await dying.discardKey(named);
  const unnamed = await dying.prepareKey();
  expect(await dying.waitingKeys()).toHaveLength(2);
  await dying.discardKey(unnamed);
  await expectSound(dying);
  expect(await dying.waitingKeys()).toEqual([]);
  await dying.close();
});

test('what a crash left half made is never taken for a key', async () => {
  const options = storeOptions(tempFolder());
  const store = openSqliteStore(options);
  onTestFinished(() => store.close());
  const recovery = await withRecoveryKey(store);
  const key = join(options.dir, 'journal.key');
  writeFileSync(`${key}.0123.made`, 'half a k');
  copyFileSync(key, `${key}.next-00000000`);
  await commitKeys(store, await rotationEvent(store, recovery));
  await expectSound(store);
  expect(existsSync(`${key}.next-00000000`)).toBe(true);
});

test('a signer that is asked twice for the same rotation records it once', async () => {
  const options = storeOptions(tempFolder());
  const store = openSqliteStore(options);
  onTestFinished(() => store.close());
  const recovery = await withRecoveryKey(store);
  const event = await rotationEvent(store, recovery);
  const input = { run: null, expectedVersion: null, commandId: 'key.rotated.1', events: [event] };
  const first = await store.commit(input);
  expect(await store.commit(input)).toMatchObject({ first: first.first, duplicate: true });
  expect((await store.keys()).keys).toHaveLength(2);
});
