import { describe, expect, test } from 'vitest';
import { slackEntrance } from '../../../src/channels/slack/clicks/entrance.ts';
import { aClick, aShortcut, aSubmission } from './payloads.ts';
import { openReceiver, signed, signingSecret } from './receiver.ts';

const ok = { status: 200, body: '', contentType: 'text/plain' };

describe('a call of Slack’s', () => {
  test('is answered before anybody is asked anything', async () => {
    const receiver = await openReceiver();
    receiver.web.answers.delete('auth.test');
    const answer = await receiver.entrance.handle(
      signed(receiver.scene, aClick({ value: receiver.request.hash })),
    );
    expect(answer).toEqual(ok);
    expect(receiver.events).toEqual([]);
  });

  test('that is not signed with our secret is refused and not looked at', async () => {
    const { entrance, scene, events, web, request } = await openReceiver();
    const forged = signed(scene, aClick({ value: request.hash }), { key: 'another secret' });
    expect(await entrance.handle(forged)).toMatchObject({ status: 401 });
    expect(events).toMatchObject([{ kind: 'refused', code: 'bad_signature', sender: null }]);
    expect(web.calls).toEqual([]);
  });

  test.each([6 * 60_000, -6 * 60_000])('signed %d ms ago is refused', async (agoMs) => {
    const { entrance, scene } = await openReceiver();
    expect(await entrance.handle(signed(scene, aClick(), { agoMs }))).toMatchObject({
      status: 401,
    });
  });

  test('is read only where its headers are a signature of these minutes', async () => {
    const { entrance, scene } = await openReceiver();
    const { headers } = signed(scene, aClick());
    const stale = signed(scene, aClick(), { agoMs: 6 * 60_000 }).headers;
    expect(entrance.admits?.(headers)).toBe(true);
    for (const wrong of [{}, stale, { ...headers, 'x-slack-signature': 'v0=short' }]) {
      expect(entrance.admits?.(wrong)).toBe(false);
    }
  });

  test('that comes again, by itself or by another hand, is answered and does nothing', async () => {
    const { entrance, scene, events, until, decisions, request } = await openReceiver();
    const call = signed(scene, aClick({ value: request.hash }));
    await entrance.handle(call);
    const retry = { ...call, headers: { ...call.headers, 'x-slack-retry-num': '1' } };
    expect(await entrance.handle(retry)).toEqual(ok);
    expect(await entrance.handle(call)).toEqual(ok);
    await until(() => events.length === 3);
    expect(events.map(({ code }) => code).sort()).toEqual(['recorded', 'replayed', 'replayed']);
    expect(await decisions()).toHaveLength(1);
  });

  test('sent anew and signed anew is the same click all the same', async () => {
    const { entrance, scene, events, until, decisions, request } = await openReceiver();
    const click = aClick({ value: request.hash });
    await entrance.handle(signed(scene, click));
    scene.clock.shift(1000);
    expect(await entrance.handle(signed(scene, click))).toEqual(ok);
    await until(() => events.length === 2);
    expect(await decisions()).toHaveLength(1);
  });

  test('replayed to a new process is known to the journal', async () => {
    const policy = `rules:
  - name: two
    when: "true"
    require: { approvals: [{ id: pair, count: 2, from: ["*"] }] }`;
    const receiver = await openReceiver({ policy });
    const call = signed(receiver.scene, aClick({ value: receiver.request.hash }));
    await receiver.entrance.handle(call);
    await receiver.until(() => receiver.events.length === 1);
    const codes: string[] = [];
    const restarted = slackEntrance({
      settings: { buttons: 'everywhere', matchEmail: false },
      signingSecret,
      api: receiver.api,
      front: () => receiver.front,
      onEvent: ({ code }) => codes.push(code),
    });
    await restarted.handle(call);
    await receiver.until(() => codes.length === 1);
    expect(codes).toEqual(['duplicate']);
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test('is refused while nobody attends', async () => {
    const { scene, api } = await openReceiver();
    const alone = slackEntrance({
      settings: { buttons: 'everywhere', matchEmail: false },
      signingSecret,
      api,
      front: () => null,
      onEvent: () => undefined,
    });
    expect(await alone.handle(signed(scene, aClick()))).toMatchObject({ status: 503 });
  });

  test.each([
    ['', 'not JSON'],
    ['payload=', 'not JSON'],
    ['payload=%7B%7D', 'a payload without a type'],
    ['{"type":"block_actions"}', 'not JSON'],
    ['ssl_check=1&token=x', 'not JSON'],
  ])('that holds nothing of ours is answered and ignored', async (body, message) => {
    const { entrance, scene, events } = await openReceiver();
    expect(await entrance.handle(signed(scene, body))).toEqual(ok);
    expect(events).toMatchObject([{ kind: 'ignored', message }]);
  });

  test('that is no text is refused', async () => {
    const { entrance, scene } = await openReceiver();
    expect(await entrance.handle(signed(scene, Buffer.from([0xff])))).toMatchObject({
      status: 400,
    });
  });

  test('names the window to show where the reason will not do', async () => {
    const { entrance, scene } = await openReceiver();
    const answer = await entrance.handle(signed(scene, aSubmission({ typed: '' })));
    expect(answer).toMatchObject({ status: 200, contentType: 'application/json' });
    expect(JSON.parse(answer.body)).toMatchObject({ response_action: 'errors' });
  });

  test('of another shortcut is ignored', async () => {
    const receiver = await openReceiver();
    await receiver.post(aShortcut({ callback: 'deploy' }));
    expect(receiver.events).toMatchObject([{ kind: 'ignored', message: 'another shortcut' }]);
  });
});
