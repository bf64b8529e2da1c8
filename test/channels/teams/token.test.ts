import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { KeyName } from '../../support/teams-issuer.ts';
import { aPress } from './activities.ts';
import { openReceiver, type Receiver } from './receiver.ts';

async function expectRefused(
  receiver: Receiver,
  answer: { readonly status: number },
  expected: { readonly status: number; readonly code: string },
): Promise<void> {
  expect(answer.status).toBe(expected.status);
  expect(receiver.events.map(({ code }) => code)).toEqual([expected.code]);
  expect(await receiver.decisions()).toEqual([]);
}

const press = ({ request, service }: Receiver): object =>
  aPress({ request: request.hash, serviceUrl: service.url });

describe('a call counts for nothing where its token', () => {
  const hour = 3_600;
  const wrong: readonly [
    what: string,
    code: string,
    claims: (now: number) => Readonly<Record<string, unknown>>,
    key?: { readonly key?: KeyName; readonly kid?: string },
  ][] = [
    ['is of another issuer', 'bearer_issuer', () => ({ iss: 'https://login.example.com' })],
    ['has no issuer', 'bearer_claims', () => ({ iss: undefined })],
    [
      'is for another app',
      'bearer_audience',
      () => ({ aud: '99999999-0000-4000-8000-000000000000' }),
    ],
    [
      'is for this app and another',
      'bearer_audience',
      () => ({ aud: ['0f0e0d0c-0b0a-4908-8706-050403020100', 'x'] }),
    ],
    ['is for no app', 'bearer_claims', () => ({ aud: undefined })],
    ['expired six minutes ago', 'bearer_expired', (now) => ({ exp: now - 360 })],
    ['never expires', 'bearer_claims', () => ({ exp: undefined })],
    ['is good from six minutes on', 'bearer_not_yet', (now) => ({ nbf: now + 360 })],
    ['does not say from when it is good', 'bearer_claims', () => ({ nbf: undefined })],
    ['names no service', 'bearer_claims', () => ({ serviceurl: undefined })],
    ['names something else than a service', 'bearer_claims', () => ({ serviceurl: ['x'] })],
    [
      'is signed by a key endorsed for another channel',
      'bearer_not_endorsed',
      () => ({}),
      { key: 'other-channel' },
    ],
    [
      'is signed by a key that nobody publishes',
      'bearer_key_unknown',
      () => ({}),
      { key: 'stolen' },
    ],
    [
      'is signed by another key than it names',
      'bearer_signature',
      () => ({}),
      { key: 'stolen', kid: 'teams' },
    ],
  ];

  test.each(wrong)('%s', async (_what, code, claims, key) => {
    const receiver = await openReceiver();
    const nowMs = receiver.scene.clock.now().wallMs;
    const more = { claims: claims(Math.floor(nowMs / 1000)), ...key };
    const token = await receiver.issuer.sign(receiver.service.url, nowMs, more);
    await expectRefused(receiver, await receiver.post(press(receiver), token), {
      status: 401,
      code,
    });
  });

  test('is good for another service than the activity is of', async () => {
    const receiver = await openReceiver();
    const nowMs = receiver.scene.clock.now().wallMs;
    const token = await receiver.issuer.sign('https://smba.trafficmanager.net/amer/', nowMs);
    await expectRefused(receiver, await receiver.post(press(receiver), token), {
      status: 403,
      code: 'bearer_service_url',
    });
  });

  const encode = (value: object | string): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

  test.each([
    ['is signed by nobody', { alg: 'none' }, () => '', 'bearer_algorithm'],
    [
      'is signed with the public key as if it were a secret',
      { alg: 'HS256', kid: 'teams' },
      (text: string, secret: string) =>
        createHmac('sha256', secret).update(text).digest('base64url'),
      'bearer_algorithm',
    ],
    ['uses another algorithm', { alg: 'RS512', kid: 'teams' }, () => 'AAAA', 'bearer_algorithm'],
    [
      'brings its own key',
      { alg: 'RS256', jwk: {}, kid: 'mine' },
      () => 'AAAA',
      'bearer_key_unknown',
    ],
  ])('%s', async (_what, header, sign, code) => {
    const receiver = await openReceiver();
    const now = Math.floor(receiver.scene.clock.now().wallMs / 1000);
    const claims = {
      iss: 'https://api.botframework.com',
      aud: '0f0e0d0c-0b0a-4908-8706-050403020100',
      nbf: now,
      exp: now + hour,
      serviceurl: receiver.service.url,
    };
    const keys = await (
      await fetch(receiver.issuer.metadataUrl.replace('metadata', 'keys'))
    ).text();
    const signed = `${encode(header)}.${encode(claims)}`;
    const answer = await receiver.post(press(receiver), `${signed}.${sign(signed, keys)}`);
    await expectRefused(receiver, answer, { status: 401, code });
  });

  test.each([
    ['is missing', null, 'bearer_missing'],
    ['is none', 'hello', 'bearer_unreadable'],
    ['is half of one', 'e30.e30', 'bearer_unreadable'],
    ['is longer than any', `e30.e30.${'A'.repeat(9_000)}`, 'bearer_unreadable'],
  ])('%s', async (_what, token, code) => {
    const receiver = await openReceiver();
    await expectRefused(receiver, await receiver.post(press(receiver), token), {
      status: 401,
      code,
    });
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    expect(receiver.entrance.admits?.(headers)).toBe(false);
  });

  test('was good an hour ago, for the same call', async () => {
    const receiver = await openReceiver();
    const nowMs = receiver.scene.clock.now().wallMs;
    const token = await receiver.issuer.sign(receiver.service.url, nowMs);
    receiver.scene.clock.shift(2 * hour * 1000);
    await expectRefused(receiver, await receiver.post(press(receiver), token), {
      status: 401,
      code: 'bearer_expired',
    });
  });
});

test('a clock that is four minutes off does no harm', async () => {
  const receiver = await openReceiver();
  const nowMs = receiver.scene.clock.now().wallMs;
  const now = Math.floor(nowMs / 1000);
  for (const claims of [{ exp: now - 240 }, { nbf: now + 240 }]) {
    const token = await receiver.issuer.sign(receiver.service.url, nowMs, { claims });
    expect((await receiver.post(press(receiver), token)).status).toBe(200);
  }
});

test('nothing of the call is read before its token is good', async () => {
  const receiver = await openReceiver();
  const stolen = await receiver.issuer.sign(
    receiver.service.url,
    receiver.scene.clock.now().wallMs,
    {
      key: 'stolen',
    },
  );
  await expectRefused(receiver, await receiver.post('{ not even JSON', stolen), {
    status: 401,
    code: 'bearer_key_unknown',
  });
  expect(receiver.service.calls).toEqual([]);
});

describe('the keys', () => {
  test('are asked for once, and not for every key that somebody makes up', async () => {
    const receiver = await openReceiver();
    await receiver.press();
    for (const kid of ['a', 'b', 'c']) {
      const nowMs = receiver.scene.clock.now().wallMs;
      const token = await receiver.issuer.sign(receiver.service.url, nowMs, { key: 'stolen', kid });
      expect((await receiver.post(press(receiver), token)).status).toBe(401);
    }
    expect(receiver.issuer.asked.filter((path) => path === '/keys')).toHaveLength(1);
    receiver.scene.clock.shift(6 * 60_000);
    const nowMs = receiver.scene.clock.now().wallMs;
    const token = await receiver.issuer.sign(receiver.service.url, nowMs, { key: 'stolen' });
    await receiver.post(press(receiver), token);
    expect(receiver.issuer.asked.filter((path) => path === '/keys')).toHaveLength(2);
  });

  test('that Microsoft does not say are no reason to believe anybody, and are asked for again', async () => {
    const receiver = await openReceiver();
    receiver.issuer.fault = { status: 503, body: {} };
    expect((await receiver.press()).status).toBe(503);
    expect(receiver.events.map(({ code }) => code)).toEqual(['http_503']);
    receiver.issuer.fault = null;
    expect((await receiver.press()).status).toBe(503);
    receiver.scene.clock.shift(11_000);
    expect((await receiver.press()).status).toBe(200);
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test('are taken from nowhere else than where the metadata is', async () => {
    const receiver = await openReceiver();
    receiver.issuer.fault = {
      status: 200,
      body: { jwks_uri: 'http://127.0.0.2:1/keys', keys: [] },
    };
    expect((await receiver.press()).status).toBe(503);
    expect(receiver.events.map(({ code }) => code)).toEqual(['answer_unreadable']);
  });
});
