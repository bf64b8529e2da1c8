import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newNonce } from '../../src/base/ids.ts';
import { openNote } from '../../src/journal/checkpoint.ts';
import { keyAt, newestKey, recoveryNow } from '../../src/journal/key-history.ts';
import type { Store } from '../../src/store/store.ts';
import {
  aRecoveryKey,
  commitKeys,
  idAt,
  recoveryEvent,
  rotationEvent,
  signedBy,
  withRecoveryKey,
} from '../support/keys.ts';
import { configSet } from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
let store: Store;
beforeEach(() => {
  temp = openTempStore();
  ({ store } = temp);
});
afterEach(() => temp.remove());

async function commitSome(into: Store = store): Promise<number> {
  const { head } = await into.commit({
    run: null,
    expectedVersion: null,
    commandId: newNonce(),
    events: [configSet()],
  });
  return head.size;
}

const keyFiles = (): readonly string[] =>
  readdirSync(temp.dir).filter((name) => name.startsWith('journal.key'));

describe('the recovery key', () => {
  test('is named once by whoever owns the journal', async () => {
    expect(recoveryNow(await store.keys())).toBeNull();
    const recovery = await withRecoveryKey(store);
    expect(recoveryNow(await store.keys())).toEqual({ public: recovery.publicKey, index: 1 });
  });

  test('is replaced only with its own signature', async () => {
    const first = await withRecoveryKey(store);
    const second = aRecoveryKey();
    await expect(commitKeys(store, await recoveryEvent(store, second))).rejects.toMatchObject({
      code: 'E_KEY_ROTATION',
    });
    await expect(
      commitKeys(store, await recoveryEvent(store, second, { previous: aRecoveryKey() })),
    ).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
    await commitKeys(store, await recoveryEvent(store, second, { previous: first }));
    expect(recoveryNow(await store.keys())).toMatchObject({ public: second.publicKey });
  });

  test('must be held by whoever names it', async () => {
    const event = await recoveryEvent(store, aRecoveryKey(), {
      data: { public: aRecoveryKey().publicKey },
    });
    await expect(commitKeys(store, event)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
  });
});

describe('a rotation', () => {
  test('is signed by the new key itself, and so is everything after it', async () => {
    const recovery = await withRecoveryKey(store);
    const before = await idAt(store, 2);
    const { head, first } = await commitKeys(store, await rotationEvent(store, recovery));
    const after = newestKey(await store.keys());
    expect(after).toMatchObject({ from: first + 1, ended: null });
    expect(after.id).not.toBe(before);
    expect(await signedBy(store, first)).toBe(before);
    expect(await signedBy(store, head.size)).toBe(after.id);
    expect(await signedBy(store, await commitSome())).toBe(after.id);
    for (const size of [1, 2, 3, 4]) {
      const at = await store.headAt(size);
      expect(
        at === null ? null : openNote(at.note, [keyAt(await store.keys(), size)]),
      ).not.toBeNull();
    }
  });

  test('leaves one key file: the new key, for its owner alone', async () => {
    const recovery = await withRecoveryKey(store);
    await commitKeys(store, await rotationEvent(store, recovery));
    expect(keyFiles()).toEqual(['journal.key']);
    expect(statSync(join(temp.dir, 'journal.key')).mode & 0o7777).toBe(0o600);
  });

  test('is followed by processes that had the journal open', async () => {
    const recovery = await withRecoveryKey(store);
    const other = temp.open();
    await commitSome(other);
    await commitKeys(store, await rotationEvent(store, recovery));
    const size = await commitSome(other);
    expect(await signedBy(other, size)).toBe(newestKey(await store.keys()).id);
    expect(newestKey(await other.keys())).toEqual(newestKey(await store.keys()));
    await other.close();
  });

  test('works without the old key, which may be lost', async () => {
    const recovery = await withRecoveryKey(store);
    await store.close();
    rmSync(join(temp.dir, 'journal.key'));
    store = temp.open();
    await expect(commitSome()).rejects.toMatchObject({ code: 'journal_key_missing', exitCode: 18 });
    await commitKeys(store, await rotationEvent(store, recovery, { over: { reason: 'lost' } }));
    expect(await signedBy(store, await commitSome())).toBe(newestKey(await store.keys()).id);
    await store.close();
  });

  test('happens again and again', async () => {
    const recovery = await withRecoveryKey(store);
    for (const turn of [2, 3, 4]) {
      await commitKeys(store, await rotationEvent(store, recovery));
      await commitSome();
      expect((await store.keys()).keys).toHaveLength(turn);
    }
    const { keys } = await store.keys();
    expect(new Set(keys.map(({ id }) => id)).size).toBe(4);
    const reopened = temp.open();
    expect(await reopened.keys()).toEqual(await store.keys());
    await reopened.close();
  });

  test('without a recovery key does not happen', async () => {
    const event = await rotationEvent(store, aRecoveryKey());
    await expect(commitKeys(store, event)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
    expect((await store.keys()).keys).toHaveLength(1);
    await commitSome();
  });

  test('that is refused leaves the key as it was', async () => {
    await withRecoveryKey(store);
    const { id } = newestKey(await store.keys());
    await expect(
      commitKeys(store, await rotationEvent(store, aRecoveryKey())),
    ).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
    expect(await signedBy(store, await commitSome())).toBe(id);
    expect(existsSync(join(temp.dir, 'journal.key'))).toBe(true);
  });

  test('of two at once only one happens, and its key is there', async () => {
    const recovery = await withRecoveryKey(store);
    const other = temp.open();
    const [one, two] = [await rotationEvent(store, recovery), await rotationEvent(other, recovery)];
    await commitKeys(other, two);
    await expect(commitKeys(store, one)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
    const size = await commitSome();
    expect(two).toMatchObject({ data: { key: { id: await signedBy(store, size) } } });
    await other.close();
  });

  test('survives a rebuild of every index', async () => {
    const recovery = await withRecoveryKey(store);
    await commitKeys(store, await rotationEvent(store, recovery));
    await commitSome();
    const before = await store.keys();
    await store.rebuild(() => undefined);
    const reopened = temp.open();
    expect(await reopened.keys()).toEqual(before);
    await commitSome(reopened);
    await reopened.close();
  });
});
