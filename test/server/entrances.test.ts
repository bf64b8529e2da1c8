import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpEntrance, Reception } from '../../src/channels/channel.ts';
import { openServed, type Served, type ServedOptions } from './served.ts';

const path = '/chat/clicks';

/** A server with one chat, which takes calls that carry `x-good`, and answers each by its bytes. */
async function openChat(options: ServedOptions = {}) {
  const bodies: Buffer[] = [];
  const http: HttpEntrance = {
    path,
    admits: (headers) => headers['x-good'] !== undefined,
    handle: async ({ headers, body }) => {
      bodies.push(body);
      const status = headers['x-good'] === 'yes' ? 200 : 401;
      return { status, body: '', contentType: 'text/plain' };
    },
  };
  const reception: Reception = {
    name: 'chat',
    http,
    attend: (_front, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve());
      }),
    tell: async () => undefined,
    health: () => ({ ok: true, message: '', backlog: 0 }),
    examine: async () => [],
  };
  const served = await openServed({ receptions: [reception], ...options });
  const post = (headers: Readonly<Record<string, string>>, body = 'x') =>
    served.call(`POST ${path}`, { headers, body });
  return { served, bodies, post };
}

/** A call whose body says how long it is and does not come. */
async function begin({ port }: Served, good: boolean): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  const head = ['POST /chat/clicks HTTP/1.1', 'Host: x', 'Content-Length: 400000'];
  socket.write([...head, ...(good ? ['X-Good: yes'] : []), '', 'x'.repeat(1000)].join('\r\n'));
  return socket;
}

async function answered(socket: Socket): Promise<string> {
  for await (const chunk of socket) {
    return String(chunk).split('\r\n')[0] ?? '';
  }
  return 'closed';
}

test('a stranger’s call that its headers rule out is refused without its body', async () => {
  const { served, bodies } = await openChat();
  expect(await answered(await begin(served, false))).toBe('HTTP/1.1 401 Unauthorized');
  expect(bodies.map(({ length }) => length)).toEqual([0]);
});

test('a chat’s call arrives byte by byte, and one that is too large does not', async () => {
  const { post, bodies } = await openChat();
  expect((await post({ 'x-good': 'yes' }, 'ä\n')).status).toBe(200);
  expect(bodies[0]?.toString('utf8')).toBe('ä\n');
  expect((await post({ 'x-good': 'yes' }, 'x'.repeat(512 * 1024 + 1))).status).toBe(413);
  expect(bodies).toHaveLength(1);
});

test('refused calls are counted, and the chat’s own from the same address are not', async () => {
  const { post } = await openChat({ perMinute: 1 });
  const refused = await Promise.all(
    Array.from({ length: 12 }, (_, index) => post(index % 2 === 0 ? {} : { 'x-good': 'forged' })),
  );
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401, 429]));
  expect(refused.find(({ status }) => status === 429)?.json).toMatchObject({
    code: 'rate_limited',
  });
  expect((await post({ 'x-good': 'yes' })).status).toBe(200);
});

test('only so many bodies of strangers are read at a time', async () => {
  const { served, post } = await openChat();
  const slow = await Promise.all(Array.from({ length: 32 }, () => begin(served, true)));
  const healthy = () => post({ 'x-good': 'yes' });
  await expect.poll(async () => (await healthy()).status, { timeout: 10_000 }).toBe(503);
  for (const socket of slow) {
    socket.destroy();
  }
  await expect.poll(async () => (await healthy()).status, { timeout: 10_000 }).toBe(200);
});
