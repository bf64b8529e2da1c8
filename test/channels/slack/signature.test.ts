import { createHmac } from 'node:crypto';
import { isValidSlackRequest } from '@slack/bolt/dist/receivers/verify-request.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openMemory } from '../../../src/channels/cards/memory.ts';
import { verifySignature, windowMs } from '../../../src/channels/slack/clicks/signature.ts';

const secret = '8f742231b10e8888abcd99yyyzzz85a5';
const nowMs = 1_700_000_000_000;
const now = String(nowMs / 1000);

function sign(body: string, { timestamp = now, key = secret } = {}): string {
  return `v0=${createHmac('sha256', key).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function aCall(body: string, { timestamp = now, signature = sign(body, { timestamp }) } = {}) {
  const headers = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
  return { headers, body: Buffer.from(body) };
}

const verdictOf = (call: ReturnType<typeof aCall>) => verifySignature(secret, call, nowMs).kind;

describe("Slack's signature", () => {
  test("holds for Slack's own example", () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const call = aCall(body, {
      timestamp: '1531420618',
      signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    });
    expect(verifySignature(secret, call, 1_531_420_618_000).kind).toBe('genuine');
  });

  test('is judged as Slack’s own framework judges it, whatever was signed', () => {
    const altered = fc.record({
      body: fc.string({ unit: 'binary' }),
      other: fc.option(fc.string({ unit: 'binary' }), { nil: null }),
      key: fc.constantFrom(secret, 'another'),
      agoS: fc.integer({ min: 0, max: 600 }),
    });
    fc.assert(
      fc.property(altered, ({ body, other, key, agoS }) => {
        const timestamp = String(nowMs / 1000 - agoS);
        const call = aCall(other ?? body, { timestamp, signature: sign(body, { timestamp, key }) });
        const oracle = isValidSlackRequest({
          signingSecret: secret,
          body: other ?? body,
          headers: {
            'x-slack-signature': call.headers['x-slack-signature'],
            'x-slack-request-timestamp': Number(timestamp),
          },
          nowMilliseconds: nowMs,
        });
        expect(verdictOf(call)).toBe(oracle ? 'genuine' : 'forged');
      }),
    );
  });

  test('is over the bytes: what no decoder gives back unchanged still verifies', () => {
    const body = Buffer.from([0x70, 0xff, 0xfe, 0x00]);
    const hmac = createHmac('sha256', secret).update(`v0:${now}:`).update(body).digest('hex');
    const headers = { 'x-slack-request-timestamp': now, 'x-slack-signature': `v0=${hmac}` };
    expect(verifySignature(secret, { headers, body }, nowMs).kind).toBe('genuine');
  });

  test.each([-windowMs - 1000, windowMs + 1000])('does not hold %d ms from now', (ms) => {
    const timestamp = String((nowMs + ms) / 1000);
    expect(verdictOf(aCall('payload=', { timestamp }))).toBe('forged');
  });

  test.each([-windowMs, windowMs])('holds %d ms from now', (ms) => {
    const timestamp = String((nowMs + ms) / 1000);
    expect(verdictOf(aCall('payload=', { timestamp }))).toBe('genuine');
  });

  test.each([
    '',
    'v0=',
    `v1=${'0'.repeat(64)}`,
    `v0=${'0'.repeat(63)}`,
    `v0=${'0'.repeat(65)}`,
    `v0=${'G'.repeat(64)}`,
    `V0=${'0'.repeat(64)}`,
    sign('payload=').toUpperCase(),
    `${sign('payload=')}=`,
    ` ${sign('payload=')}`,
  ])('of another form is refused: %j', (signature) => {
    expect(verdictOf(aCall('payload=', { signature }))).toBe('forged');
  });

  test.each([
    '',
    '0',
    '-1',
    '1e9',
    '0x6553f100',
    `${now}.5`,
    ` ${now}`,
    `0${now}`,
    'NaN',
    '9'.repeat(20),
  ])('with a timestamp that is no count of seconds is refused: %j', (timestamp) => {
    expect(verdictOf(aCall('payload=', { timestamp }))).toBe('forged');
  });

  test('is missing where no header says otherwise', () => {
    expect(verifySignature(secret, { headers: {}, body: Buffer.from('') }, nowMs).kind).toBe(
      'forged',
    );
  });

  test('made with an empty secret proves nothing', () => {
    const call = aCall('payload=', { signature: sign('payload=', { key: '' }) });
    expect(verifySignature('', call, nowMs).kind).toBe('forged');
  });
});

describe('a memory', () => {
  test('takes everything once, until it is forgotten', () => {
    const memory = openMemory({ keepMs: 100, most: 10 });
    expect(memory.remember('a', 0)).toBe(true);
    expect(memory.remember('a', 100)).toBe(false);
    expect(memory.remember('a', 101)).toBe(true);
  });

  test('never holds more than it may', () => {
    const memory = openMemory({ keepMs: 100, most: 2 });
    expect(['a', 'b', 'c'].map((key) => memory.remember(key, 0))).toEqual([true, true, true]);
    expect(['c', 'b', 'a'].map((key) => memory.remember(key, 1))).toEqual([false, false, true]);
  });
});
