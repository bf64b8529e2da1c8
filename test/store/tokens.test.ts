import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { newNonce } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import { tokenIssued, tokenRevoked } from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
beforeEach(() => {
  temp = openTempStore();
});
afterEach(async () => {
  await temp.remove();
});

async function commit(...events: readonly Event[]): Promise<void> {
  await temp.store.commit({ run: null, expectedVersion: null, commandId: newNonce(), events });
}

test('a token is found by the hash of its secret, with everything its entry says but that', async () => {
  await commit(
    tokenIssued({
      token: 'one',
      hash: sha256('rbk_one'),
      holder: { kind: 'agent', id: 'deploy-bot' },
      scopes: ['start'],
      label: 'nightly',
    }),
  );
  const { time } = await temp.store.head();
  expect(await temp.store.tokenByHash(sha256('rbk_one'))).toEqual({
    token: 'one',
    holder: { kind: 'agent', id: 'deploy-bot' },
    scopes: ['start'],
    label: 'nightly',
    expires_at: '2026-02-02T03:04:05.678Z',
    by: 'os:root@web1',
    issued: time,
    revoked: null,
    seq: 1,
  });
  expect(await temp.store.tokenByHash(sha256('one'))).toBeNull();
});

test('tokens are listed newest first, revoked ones too', async () => {
  await commit(tokenIssued({ token: 'one' }));
  await commit(tokenIssued({ token: 'two' }));
  await commit(tokenRevoked('one'));
  const { time } = await temp.store.head();
  const tokens = await temp.store.listTokens();
  expect(tokens.map(({ token, revoked }) => [token, revoked])).toEqual([
    ['two', null],
    ['one', time],
  ]);
});

test('the first revocation of a token counts, and one of an unknown token says nothing', async () => {
  await commit(tokenIssued({ token: 'one' }), tokenRevoked('one'));
  const [before] = await temp.store.listTokens();
  await commit(tokenRevoked('one'), tokenRevoked('two'));
  expect(await temp.store.listTokens()).toEqual([before]);
});

test('no two tokens have one secret, whoever writes the second', async () => {
  await commit(tokenIssued({ token: 'one', hash: sha256('rbk_one') }));
  await expect(
    commit(tokenIssued({ token: 'two', hash: sha256('rbk_one') })),
  ).rejects.toMatchObject({ code: 'already_recorded' });
  expect((await temp.store.head()).size).toBe(2);
});
