import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
beforeEach(() => {
  temp = openTempStore();
});
afterEach(async () => {
  await temp.remove();
});

test('a note is found again by whoever opens the store next', async () => {
  await temp.store.putNote('slack', 'card/1', 'C1/17');
  await temp.store.putNote('slack', 'card/1', 'C1/18');
  const other = temp.open();
  expect(await other.getNote('slack', 'card/1')).toBe('C1/18');
  await other.close();
});

test('areas do not see each other', async () => {
  await temp.store.putNote('slack', 'cursor', '4');
  await temp.store.putNote('webhooks', 'cursor', '7');
  await temp.store.putNote('webhooks', 'a', '1');
  expect(await temp.store.getNote('slack', 'cursor')).toBe('4');
  expect(await temp.store.listNotes('webhooks')).toEqual([
    { key: 'a', value: '1' },
    { key: 'cursor', value: '7' },
  ]);
  expect(await temp.store.listNotes('teams')).toEqual([]);
});

test('null removes a note, one that is not there too', async () => {
  await temp.store.putNote('slack', 'cursor', '');
  expect(await temp.store.getNote('slack', 'cursor')).toBe('');
  await temp.store.putNote('slack', 'cursor', null);
  await temp.store.putNote('slack', 'cursor', null);
  expect(await temp.store.getNote('slack', 'cursor')).toBeNull();
});

test('notes are no entries: the signed head stays where it is', async () => {
  const before = await temp.store.head();
  await temp.store.putNote('slack', 'cursor', '4');
  expect(await temp.store.head()).toEqual(before);
});
