import { afterAll, expect, test } from 'vitest';
import { newNonce, type Sha256 } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import type { CommitInput, Store } from '../../src/store/store.ts';
import { configSet, tokenIssued } from '../support/some-events.ts';
import { openTempStore } from '../support/temp-store.ts';

const invited = (): Event => ({
  type: 'passkey.invited',
  data: {
    invite: newNonce().slice(0, 16),
    hash: newNonce().repeat(2) as Sha256,
    person: 'robin',
    expires_at: '2026-03-01T11:00:00.000Z',
    by: 'os:ana@web1',
  },
});

const removed = (): Event => ({
  type: 'passkey.removed',
  data: { passkey: '0123456789abcdef', person: 'robin', reason: null, by: 'os:ana@web1' },
});

async function commit(
  store: Store,
  event: Event,
  guards: NonNullable<CommitInput['guards']> = {},
): Promise<number> {
  const commandId = newNonce();
  const input = { run: null, expectedVersion: null, commandId, events: [event], guards };
  return (await store.commit(input)).first;
}

const temp = openTempStore();
const { store } = temp;
afterAll(() => temp.remove());

test('who is who is told from any entry on, in order, and nothing else is', async () => {
  const config = await commit(store, configSet());
  await commit(store, tokenIssued());
  const invitation = await commit(store, invited());
  const removal = await commit(store, removed());
  const entries = await store.identityEntries(0);
  expect(entries.map(({ seq }) => seq)).toEqual([config, invitation, removal]);
  expect(entries.map((entry) => recordedOf(entry).event.type)).toEqual([
    'config.set',
    'passkey.invited',
    'passkey.removed',
  ]);
  expect(await store.identityEntries(removal)).toEqual(entries.slice(2));
  expect(await store.identityEntries(removal + 1)).toEqual([]);
});

test('nothing is committed on top of who was who before', async () => {
  const first = await commit(store, invited());
  await commit(store, tokenIssued(), { identities: first });
  const second = await commit(store, removed());
  const late = commit(store, tokenIssued(), { identities: first });
  await expect(late).rejects.toMatchObject({ code: 'config_changed' });
  await commit(store, tokenIssued(), { identities: second });
});

test('another process that changes who is who is seen', async () => {
  const other = temp.open();
  const newest = await commit(other, removed());
  await other.close();
  await expect(commit(store, tokenIssued(), { identities: newest - 1 })).rejects.toMatchObject({
    code: 'config_changed',
  });
  expect((await store.identityEntries(newest)).map(({ seq }) => seq)).toEqual([newest]);
});

test('they are told alike once the index was made again', async () => {
  const before = await store.identityEntries(0);
  await store.rebuild(() => undefined);
  expect(await store.identityEntries(0)).toEqual(before);
});
