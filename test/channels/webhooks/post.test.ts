import { expect, onTestFinished, test } from 'vitest';
import { openPost } from '../../../src/channels/webhooks/post.ts';
import type { Endpoint } from '../../../src/channels/webhooks/settings.ts';
import { openReceiver } from './receiver.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

async function send(url: URL, allowPrivate: boolean) {
  const endpoint: Endpoint = {
    name: 'ops',
    url,
    secrets: [],
    events: null,
    environments: null,
    allowPrivate,
  };
  const post = await openPost(endpoint, 5000);
  onTestFinished(async () => post.close());
  const attempt = { headers: {}, body: '{}', nowMs: 0 };
  return post.send(attempt, new AbortController().signal);
}

/** As a name that its owner points at us would be called: `localhost` is the one that every host has. */
const named = (url: string, scheme: string) =>
  new URL(url.replace('http://127.0.0.1', `${scheme}://localhost`));

test.each(['http', 'https'])(
  'by %s no name leads to an address of our own networks',
  async (scheme) => {
    const receiver = await openReceiver(secret);
    const outcome = await send(named(receiver.url, scheme), false);
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(outcome)).toContain('which only `allow_private: true` lets through');
    expect(receiver.got).toEqual([]);
  },
);

test('a name of this host is reached where that is allowed', async () => {
  const receiver = await openReceiver(secret, () => 202);
  expect(await send(named(receiver.url, 'http'), true)).toEqual({ kind: 'delivered' });
});

test('a receiver that does not speak TLS is no https receiver', async () => {
  const receiver = await openReceiver(secret);
  const outcome = await send(named(receiver.url, 'https'), true);
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect(receiver.got).toEqual([]);
});
