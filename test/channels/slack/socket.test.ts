import { describe, expect, onTestFinished, test } from 'vitest';
import { receiveSocket } from '../../../src/channels/slack/api/socket.ts';
import { openSlackSocket } from '../../support/slack-socket.ts';
import { aClick, aSubmission } from './payloads.ts';
import { openReceiver, place } from './receiver.ts';

async function openSocketReceiver() {
  const receiver = await openReceiver();
  const slack = await openSlackSocket();
  const stop = new AbortController();
  const received = receiveSocket({
    settings: { buttons: 'everywhere', matchEmail: false, api: slack.apiUrl, pingTimeoutMs: 5000 },
    appToken: 'xapp-1-test',
    api: receiver.api,
    front: receiver.front,
    signal: stop.signal,
    onState: () => undefined,
    onEvent: (event) => receiver.events.push(event),
    pauseMs: 5,
  });
  onTestFinished(async () => {
    stop.abort();
    await received;
    await slack.close();
  });
  await receiver.until(() => slack.connections === 1);
  return { ...receiver, slack };
}

describe('clicks over a socket', () => {
  test('are acknowledged and counted', async () => {
    const { slack, request, until, events, decisions } = await openSocketReceiver();
    const id = slack.deliver(aClick({ value: request.hash }));
    await until(() => events.length === 1);
    expect(slack.acks).toEqual([{ envelope_id: id, payload: {} }]);
    expect(await decisions()).toHaveLength(1);
  });

  test('are kept without what would let others speak in the app’s name', async () => {
    const { slack, request, until, events, decisions, scene } = await openSocketReceiver();
    const id = slack.deliver(aClick({ value: request.hash }));
    await until(() => events.length === 1);
    const [decided] = await decisions();
    const attested =
      decided?.event.type === 'approval.decided' ? decided.event.data.attested : undefined;
    const { bytes } = await scene.engine().store.getBlob(attested?.raw as never);
    const kept = JSON.parse(bytes.toString('utf8')) as { payload: object };
    expect(kept).toMatchObject({ transport: 'socket', envelope_id: id });
    expect(Object.keys(kept.payload)).not.toEqual(
      expect.arrayContaining(['token', 'trigger_id', 'response_url', 'response_urls']),
    );
    expect(bytes.toString('utf8')).not.toMatch(/seekrit|hooks\.slack\.com|12466734323/);
  });

  test('that come twice are acknowledged twice and count once', async () => {
    const { slack, request, until, events, decisions } = await openSocketReceiver();
    slack.deliver(aClick({ value: request.hash }), { times: 3 });
    await until(() => slack.acks.length === 3 && events.length === 1);
    slack.deliver(aClick({ value: request.hash }));
    await until(() => events.length === 2);
    expect(events.map(({ code }) => code)).toEqual(['recorded', 'ignored']);
    expect(await decisions()).toHaveLength(1);
  });

  test('count although the connection is gone before they are acknowledged', async () => {
    const { slack, request, until, events, decisions } = await openSocketReceiver();
    slack.deliver(aClick({ value: request.hash }));
    slack.cutAfterWriting();
    await until(() => events.some(({ kind }) => kind === 'recorded'));
    await until(() => slack.connections === 1);
    expect(await decisions()).toHaveLength(1);
  });

  test('that come twice, once over each of two connections, count once', async () => {
    const { slack, request, until, events, decisions } = await openSocketReceiver();
    const id = slack.deliver(aClick({ value: request.hash }));
    await until(() => events.length === 1);
    slack.cut();
    await until(() => slack.opened === 2 && slack.connections === 1);
    slack.deliver(aClick({ value: request.hash }), { id });
    await until(() => slack.acks.length === 2);
    expect(events).toHaveLength(1);
    expect(await decisions()).toHaveLength(1);
  });

  test('have their window answered in the acknowledgement', async () => {
    const { slack, request, until, events, decisions } = await openSocketReceiver();
    const metadata = JSON.stringify({ request: request.hash, ...place });
    slack.deliver(aSubmission({ metadata, typed: ' ' }));
    await until(() => slack.acks.length === 1);
    expect(slack.acks[0]?.payload).toMatchObject({ response_action: 'errors' });
    slack.deliver(aSubmission({ metadata, typed: 'no' }));
    await until(() => events.length === 1);
    expect(slack.acks[1]?.payload).toEqual({});
    expect(await decisions()).toHaveLength(1);
  });

  test.each([
    ['a payload of nothing', {}],
    ['text that is not Unicode', { type: 'x\ud800' }],
  ])('of %s harm nobody', async (_, payload) => {
    const { slack, until, events, request } = await openSocketReceiver();
    slack.deliver(payload);
    await until(() => events.length === 1);
    slack.deliver(aClick({ value: request.hash }));
    await until(() => events.length === 2);
    expect(events.map(({ kind }) => kind)).toEqual([expect.any(String), 'recorded']);
  });
});
