import { setTimeout as timer } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { holdSocket, type SocketState } from '../../../src/channels/slack/api/hold-socket.ts';
import type { Envelope } from '../../../src/channels/slack/api/socket-link.ts';
import { openSlackSocket } from '../../support/slack-socket.ts';

async function aSocket({ mute = false, others = 0, pauseMs = 5, helloMs = 5000 } = {}) {
  const slack = await openSlackSocket();
  slack.mute = mute;
  slack.others = others;
  const stop = new AbortController();
  const envelopes: Envelope[] = [];
  const states: SocketState[] = [];
  const held = holdSocket({
    appToken: 'xapp-1-test',
    api: slack.apiUrl,
    pingTimeoutMs: 300,
    pauseMs,
    helloMs,
    clock: systemClock,
    signal: stop.signal,
    onEnvelope: (envelope) => {
      envelopes.push(envelope);
      void envelope.ack(null);
    },
    onState: (state) => states.push(state),
  });
  onTestFinished(async () => {
    stop.abort();
    await held;
    await slack.close();
  });
  return { slack, stop, held, envelopes, states };
}

async function until(true_: () => boolean): Promise<void> {
  while (!true_()) {
    await timer(5);
  }
}

const click = { type: 'block_actions' };

describe('one connection to Slack', () => {
  test('what is delivered is acknowledged by its id', async () => {
    const { slack, envelopes } = await aSocket();
    await until(() => slack.connections === 1);
    const id = slack.deliver(click);
    await until(() => slack.acks.length === 1);
    expect(envelopes.map(({ id, payload }) => ({ id, payload }))).toEqual([{ id, payload: click }]);
    expect(slack.acks).toEqual([{ envelope_id: id, payload: {} }]);
  });

  test('a reply travels in the acknowledgement', async () => {
    const { slack, envelopes } = await aSocket();
    await until(() => slack.connections === 1);
    slack.deliver(click);
    await until(() => envelopes.length === 1);
    await envelopes[0]?.ack({ response_action: 'errors' });
    await until(() => slack.acks.length === 2);
    expect(slack.acks[1]?.payload).toEqual({ response_action: 'errors' });
  });

  test('a large payload arrives whole', async () => {
    const { slack, envelopes } = await aSocket();
    await until(() => slack.connections === 1);
    slack.deliver({ text: 'x'.repeat(300_000) });
    await until(() => envelopes.length === 1);
    expect(JSON.stringify(envelopes[0]?.payload)).toHaveLength(300_011);
  });

  test('what is not a message of Slack changes nothing', async () => {
    const { slack, envelopes } = await aSocket();
    await until(() => slack.connections === 1);
    for (const text of ['', 'null', '{', '[]', '{"type":"events_api"}', '{"type":"error"}']) {
      slack.babble(text);
    }
    slack.say({ type: 'interactive' });
    slack.say({ type: 'interactive', envelope_id: 7, payload: {} });
    slack.deliver(click);
    await until(() => envelopes.length === 1);
    expect(slack.opened).toBe(1);
  });

  test('others that receive for the same app are counted', async () => {
    const { slack, states } = await aSocket({ others: 2 });
    await until(() => slack.opened === 1 && states.at(-1)?.kind === 'connected');
    expect(states).toMatchObject([{ kind: 'connecting' }, { kind: 'connected', others: 2 }]);
  });

  test('the connection that a new one replaces is not taken for another receiver', async () => {
    const { slack, states } = await aSocket();
    await until(() => states.at(-1)?.kind === 'connected');
    slack.others = 1;
    slack.cut();
    await until(() => slack.opened === 2 && states.at(-1)?.kind === 'connected');
    expect(states.at(-1)).toMatchObject({ others: 0 });
  });
});

describe('a connection that ends', () => {
  test('without a word is followed by another', async () => {
    const { slack, envelopes, states } = await aSocket();
    await until(() => slack.connections === 1);
    slack.cut();
    await until(() => slack.opened === 2 && slack.connections === 1);
    slack.deliver(click);
    await until(() => envelopes.length === 1);
    expect(states.map(({ kind }) => kind)).toEqual([
      'connecting',
      'connected',
      'lost',
      'connected',
    ]);
  });

  test.each(['warning', 'refresh_requested', 'link_disabled'])(
    'because Slack recycles it (%s) is followed by another',
    async (reason) => {
      const { slack, states } = await aSocket();
      slack.lingering = true;
      await until(() => states.at(-1)?.kind === 'connected');
      slack.say({ type: 'disconnect', reason });
      await until(() => slack.opened === 2 && slack.connections === 1);
      expect(states.find(({ kind }) => kind === 'lost')).toMatchObject({
        why: `Slack wants a new connection (\`${reason}\`)`,
      });
    },
  );

  test('because nothing answers our pings is followed by another', async () => {
    const { slack, states } = await aSocket();
    await until(() => states.at(-1)?.kind === 'connected');
    slack.deaf = true;
    await until(() => slack.opened === 2);
    slack.deaf = false;
    await until(() => states.at(-1)?.kind === 'connected');
    expect(states.filter(({ kind }) => kind === 'lost').length).toBeGreaterThan(0);
  });

  test('before it said hello is followed by another', async () => {
    const { slack, states } = await aSocket({ mute: true, helloMs: 50 });
    await until(() => slack.opened >= 2);
    slack.mute = false;
    await until(() => states.at(-1)?.kind === 'connected');
    expect(states).toContainEqual(
      expect.objectContaining({ kind: 'lost', why: 'Slack did not say hello' }),
    );
  });

  test.each([
    [{ status: 200, body: { ok: false, error: 'invalid_auth' } }, 'Slack answers `invalid_auth`'],
    [{ status: 500, body: {} }, 'Slack answers 500'],
    [{ status: 429, body: {} }, 'Slack cannot be reached'],
  ])('is asked for again after %j', async (broken, why) => {
    const { slack, states } = await aSocket();
    await until(() => states.at(-1)?.kind === 'connected');
    slack.broken = broken;
    slack.cut();
    await until(() => slack.asked >= 4);
    slack.broken = null;
    await until(() => states.at(-1)?.kind === 'connected');
    expect(states).toContainEqual(expect.objectContaining({ kind: 'lost', why }));
  });
});

describe('a Slack that is not there', () => {
  test('is tried again and again, and harms nobody', async () => {
    const gone = await openSlackSocket();
    await gone.close();
    const stop = new AbortController();
    const states: SocketState[] = [];
    const held = holdSocket({
      appToken: 'xapp-1-test',
      api: gone.apiUrl,
      pingTimeoutMs: 300,
      pauseMs: 1,
      clock: systemClock,
      signal: stop.signal,
      onEnvelope: () => undefined,
      onState: (state) => states.push(state),
    });
    await until(() => states.length >= 4);
    stop.abort();
    await held;
    expect(states[1]).toMatchObject({ kind: 'lost', why: 'Slack cannot be reached' });
  });
});

describe('the end', () => {
  test('does not wait for Slack, which keeps TCP open', async () => {
    const { slack, stop, held, states } = await aSocket();
    slack.lingering = true;
    await until(() => states.at(-1)?.kind === 'connected');
    stop.abort();
    await held;
    await until(() => slack.connections === 0);
    expect(states.at(-1)?.kind).toBe('connected');
  });

  test('comes at once while a connection is asked for', async () => {
    const { slack, stop, held } = await aSocket({ mute: true });
    await until(() => slack.opened === 1);
    stop.abort();
    await held;
  });
});
