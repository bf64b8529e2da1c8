import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { bot, openServed, pick, robin, type Served, startGated } from './served.ts';

interface Told {
  readonly event: string;
  readonly id: string | null;
  readonly data: unknown;
}

/** Reads a stream until it has told `enough`, or has ended; then hangs up. */
async function follow(
  served: Served,
  path: string,
  options: {
    readonly token: string;
    readonly from?: string;
    readonly enough?: (told: readonly Told[]) => boolean;
  },
): Promise<{ readonly told: readonly Told[]; readonly text: string }> {
  const over = new AbortController();
  const response = await fetch(`${served.url}${path}`, {
    signal: over.signal,
    headers: {
      Authorization: `Bearer ${options.token}`,
      ...(options.from === undefined ? {} : { 'Last-Event-ID': options.from }),
    },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    if (options.enough?.(parse(text)) === true) {
      break;
    }
  }
  over.abort();
  return { told: parse(text), text };
}

/** Whole events alone; the rest of a chunk is still to come. */
function parse(text: string): readonly Told[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const of = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
    const [event, data] = [of('event'), of('data')];
    if (event === null || data === null) {
      return [];
    }
    const parsed: unknown = JSON.parse(data);
    return [{ event, id: of('id'), data: parsed }];
  });
}

const recorded = (told: readonly Told[]) => told.filter(({ event }) => event === 'recorded');
const seqs = (told: readonly Told[]) => recorded(told).map(({ data }) => pick(data, 'seq'));

async function approve(served: Served, of: { request: string; hash: string }): Promise<void> {
  const token = await served.token(robin, ['decide']);
  const decided = await served.call(`POST /v1/requests/${of.request}/decisions`, {
    token,
    body: { hash: of.hash, decision: 'approve' },
  });
  expect(decided.status).toBe(200);
}

test('a reader that is cut off again and again sees every entry once and in order', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const gated = await startGated(served, token);
  const path = `/v1/runs/${gated.run}/stream`;
  const seen: Told[] = [];
  const hop = async (take: number) => {
    const from = recorded(seen).at(-1)?.id;
    const { told } = await follow(served, path, {
      token,
      ...(typeof from === 'string' ? { from } : {}),
      enough: (all) => recorded(all).length >= take,
    });
    // What came beside the last entry that was taken is lost with the connection.
    const last = recorded(told)[take - 1];
    seen.push(...(last === undefined ? told : told.slice(0, told.indexOf(last) + 1)));
  };
  await hop(1);
  await hop(2);
  const rest = hop(1000);
  await approve(served, gated);
  await rest;

  const entries = await served.scene.service().events(gated.run as never, 0);
  expect(seqs(seen)).toEqual(entries.map(({ seq }) => seq));
  expect(recorded(seen).map(({ id }) => id)).toEqual(entries.map((_, at) => String(at + 1)));
  expect(seen.at(-1)).toEqual({ event: 'end', id: null, data: { run: gated.run } });
});

test('live output comes between the entries of its step', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const gated = await startGated(served, token);
  const path = `/v1/runs/${gated.run}/stream?from=4`;
  const following = follow(served, path, { token, enough: () => false });
  await served.followed(1);
  await approve(served, gated);
  const { told } = await following;
  const kinds = told.map(({ event, data }) =>
    event === 'recorded' ? pick(data, 'event', 'type') : event,
  );
  expect(kinds.slice(kinds.indexOf('approval.decided'))).toEqual(
    expect.arrayContaining(['step.started', 'output', 'step.finished', 'run.finished', 'end']),
  );
  expect(kinds.indexOf('step.started')).toBeLessThan(kinds.indexOf('output'));
  expect(told.find(({ event }) => event === 'output')?.data).toEqual({
    step: 'change',
    stream: 'stdout',
    chunk: Buffer.from('hello\n').toString('base64'),
  });
});

test('of a run that has ended a reader hears the rest and the end, also where there is no rest', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const { run } = await startGated(served, token);
  await served.call(`POST /v1/runs/${run}/cancel`, { token, body: {} });
  const { length } = await served.scene.service().events(run as never, 0);
  const path = `/v1/runs/${run}/stream`;
  expect(recorded((await follow(served, path, { token })).told)).toHaveLength(length);
  const { told } = await follow(served, path, { token, from: String(length) });
  expect(told.map(({ event }) => event)).toEqual(['end']);
});

test('a stream where nothing happens shows signs of life', async () => {
  const served = await openServed({ limits: { heartbeatMs: 20 } });
  const token = await served.token(bot, ['start']);
  const { run } = await startGated(served, token);
  const over = new AbortController();
  const response = await fetch(`${served.url}/v1/runs/${run}/stream`, {
    headers: { Authorization: `Bearer ${token}` },
    signal: over.signal,
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    if (text.split(': here\n\n').length > 3) {
      break;
    }
  }
  over.abort();
  expect(text).toContain('retry: ');
});

test('a stream ends after its time, so that the token is shown again', async () => {
  const served = await openServed({ limits: { heartbeatMs: 20, streamMs: 100 } });
  const token = await served.token(bot, ['start']);
  const { run } = await startGated(served, token);
  const { told } = await follow(served, `/v1/runs/${run}/stream`, { token });
  expect(told.map(({ event }) => event)).not.toContain('end');
});

test('a server that stops ends its streams, and a reader is told when to come back', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const { run } = await startGated(served, token);
  const following = follow(served, `/v1/runs/${run}/stream`, { token });
  await served.followed(1);
  await served.stop();
  const { told, text } = await following;
  expect(text.startsWith('retry: 1000\n\n')).toBe(true);
  expect(told.map(({ event }) => event)).not.toContain('end');
});

test('a reader that takes nothing is let go, and holds no step up', async () => {
  const runbook =
    'name: loud\nsteps: [{ id: shout, run: "yes | head -c 8000000" }, { id: wait, privileged: true, exec: ["true"] }]\n';
  const served = await openServed({ runbook, limits: { stallMs: 500 } });
  const token = await served.token(bot, ['start', 'read']);
  const { json } = await served.call('POST /v1/runs', { token, body: { runbook: 'runbook' } });
  const run = String(pick(json, 'run'));
  const socket = connect(served.port, '127.0.0.1');
  socket.write(
    `GET /v1/runs/${run}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  socket.pause();
  const streams = async () =>
    /^runbook_streams (\d+)$/m.exec((await served.call('GET /metrics', { token })).text)?.[1];
  while ((await streams()) !== '1') {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (;;) {
    const report = await served.call(`GET /v1/runs/${run}`, { token });
    if (pick(report.json, 'status') === 'waiting') {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  while ((await streams()) !== '0') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.destroy();
});

test('one token opens only so many streams, and gets its place back when one ends', async () => {
  const served = await openServed({ limits: { perToken: 3 } });
  const [mine, other] = [
    await served.token(bot, ['read', 'start']),
    await served.token(robin, ['read']),
  ];
  const { run } = await startGated(served, mine);
  const open = async (token: string) => {
    const over = new AbortController();
    const response = await fetch(`${served.url}/v1/runs/${run}/stream`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: over.signal,
    });
    return { status: response.status, close: () => over.abort() };
  };
  const [first, , third] = [await open(mine), await open(mine), await open(mine)];
  // The call that opens a third would be the third and the fourth.
  expect([first.status, third.status]).toEqual([200, 429]);
  expect((await open(other)).status).toBe(200);
  first.close();
  while ((await open(mine)).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test('asking for a stream’s head opens no stream', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start', 'read']);
  const { run } = await startGated(served, token);
  const head = await served.call(`HEAD /v1/runs/${run}/stream`, { token });
  expect(head.status).toBe(200);
  expect((await served.call('GET /metrics', { token })).text).toContain('runbook_streams 0');
});
