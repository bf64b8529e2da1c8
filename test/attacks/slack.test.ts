import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aClick, aSubmission, type ClickParts } from '../channels/slack/payloads.ts';
import { gated, openReceiver, place, signed } from '../channels/slack/receiver.ts';
import { aUser } from '../channels/slack/web.ts';

/** What the receiver said of it, and that the journal holds no approval. */
async function refusedAs(
  receiver: Awaited<ReturnType<typeof openReceiver>>,
  parts: ClickParts,
): Promise<string | undefined> {
  await receiver.click(parts);
  expect(await receiver.decisions()).toEqual([]);
  expect(receiver.events.at(-1)?.kind).not.toBe('recorded');
  return receiver.events.at(-1)?.code;
}

describe('whoever asked', () => {
  test('cannot approve with a click', async () => {
    const receiver = await openReceiver();
    expect(await refusedAs(receiver, { user: 'U0ANA' })).toBe('self_approval');
  });

  test('cannot approve with a second account of theirs', async () => {
    const receiver = await openReceiver();
    const { trusted } = receiver.scene;
    trusted.people = trusted.people.replace('T0TEAM/U0ANA', 'T0TEAM/U0ANA, T0TEAM/U0NEW');
    expect(await refusedAs(receiver, { user: 'U0NEW' })).toBe('self_approval');
  });

  test('cannot approve what their agent started', async () => {
    const receiver = await openReceiver({ caller: { agent: 'deploy-bot' } });
    expect(await refusedAs(receiver, { user: 'U0ANA' })).toBe('self_approval');
  });

  test('cannot make up a click where they own the receiver', async () => {
    const receiver = await openReceiver({ account: `ana@${hostname()}` });
    expect(await refusedAs(receiver, {})).toBe('assurance_too_low');
  });

  test('lowers what it counts for by owning the receiver, where the floor takes that', async () => {
    const receiver = await openReceiver({
      account: `ana@${hostname()}`,
      policy: 'floor: { assurance: A0 }',
    });
    await receiver.click();
    const [decided] = await receiver.decisions();
    expect(decided?.event.data).toMatchObject({ person: 'robin', assurance: 'A0' });
  });
});

describe('an account that is not what it seems', () => {
  test.each<[string, ClickParts]>([
    ['of another workspace', { team: 'T0OTHER' }],
    ['of another workspace, in a shared channel', { userTeam: 'T0OTHER' }],
    ['of another organisation', { enterprise: 'E0OTHER', userTeam: 'T0OTHER' }],
  ])('decides nothing: %s', async (_, parts) => {
    expect(await refusedAs(await openReceiver(), parts)).toBe('wrong_workspace');
  });

  test('decides nothing through another app', async () => {
    expect(await refusedAs(await openReceiver(), { app: 'A0OTHER' })).toBe('wrong_app');
  });

  test.each([
    ['a guest', { is_restricted: true }],
    ['a guest of one channel', { is_ultra_restricted: true }],
    ['a bot', { is_bot: true }],
    ['deactivated', { deleted: true }],
    ['a stranger', { is_stranger: true }],
    ['moved to another workspace', { team_id: 'T0OTHER' }],
  ])('decides nothing: %s, though it is mapped to a person', async (_, odd) => {
    const receiver = await openReceiver();
    receiver.web.answers.set('users.info/U0ROBIN', aUser('U0ROBIN', odd));
    expect(await refusedAs(receiver, {})).toBe('not_a_member');
  });

  test('decides nothing once it is a guest, though it decided a moment ago', async () => {
    const policy = `rules:
  - name: two
    when: "true"
    require: { approvals: [{ id: pair, count: 2, from: ["*"] }] }`;
    const receiver = await openReceiver({ policy });
    await receiver.click();
    receiver.web.answers.set('users.info/U0KIM', aUser('U0KIM', { is_restricted: true }));
    await receiver.click({ user: 'U0KIM' });
    expect(receiver.events.map(({ code }) => code)).toEqual(['recorded', 'not_a_member']);
  });

  test('is not believed by its name, which may be a colleague’s', async () => {
    // Every payload of these tests calls itself `kim`.
    const receiver = await openReceiver();
    await receiver.click();
    expect((await receiver.decisions())[0]?.event.data).toMatchObject({ person: 'robin' });
  });

  test('does not become somebody by an address, unless the settings say so', async () => {
    const receiver = await openReceiver({
      morePeople: '  - { name: new, emails: [u0new@example.com] }\n',
    });
    expect(await refusedAs(receiver, { user: 'U0NEW' })).toBe('not_a_person');
  });

  test('does not become somebody by an address that was never confirmed', async () => {
    const receiver = await openReceiver({
      morePeople: '  - { name: new, emails: [u0new@example.com] }\n',
      settings: { matchEmail: true },
    });
    const unconfirmed = aUser('U0NEW', { is_email_confirmed: false });
    receiver.web.answers.set('users.info/U0NEW', unconfirmed);
    expect(await refusedAs(receiver, { user: 'U0NEW' })).toBe('not_a_person');
  });
});

describe('a card', () => {
  test.each<[string, ClickParts]>([
    ['that somebody else posted with the bot’s token', { message: '1700000009.000900' }],
    ['in another channel', { channel: 'C0OTHER' }],
  ])('decides nothing: one %s', async (_, parts) => {
    expect(await refusedAs(await openReceiver(), parts)).toBe('card_unknown');
  });

  test('decides nothing without Approve: the settings allow no buttons', async () => {
    const off = await openReceiver({ settings: { buttons: 'off' } });
    expect(await refusedAs(off, {})).toBe('not_offered');
    const locked = await openReceiver({
      settings: { buttons: 'unprotected' },
      config: 'environments: { prod: { protected: true } }\ndefault_environment: prod',
    });
    expect(await refusedAs(locked, {})).toBe('not_offered');
  });

  test('decides nothing without Approve: the command is too long to be shown', async () => {
    const long = gated.replace('echo done', `echo ${'x'.repeat(20_000)}`);
    expect(await refusedAs(await openReceiver({ runbook: long }), {})).toBe('card_incomplete');
  });

  test('decides nothing without Approve: a signature is asked for', async () => {
    const receiver = await openReceiver({ policy: 'floor: { assurance: A3 }' });
    expect(await refusedAs(receiver, {})).toBe('not_offered');
  });

  test('of a step that changed meanwhile decides nothing, and what was approved does not run', async () => {
    const runbook = gated.replace('run: echo done', 'files: [./tool]\n    run: ./tool');
    const receiver = await openReceiver({ runbook, files: { tool: '#!/bin/sh\necho one\n' } });
    const { scene, request, decisions } = receiver;
    await receiver.click();
    writeFileSync(join(scene.dir, 'tool'), '#!/bin/sh\necho two\n', { mode: 0o755 });
    const [run] = await scene.service().runs(1);
    expect((await scene.resume(run?.run ?? '')).status).toBe('waiting');
    expect((await scene.open()).hash).not.toBe(request.hash);
    await receiver.click({ user: 'U0KIM', at: '1700000002.000100' });
    expect(receiver.events.at(-1)).toMatchObject({ kind: 'refused', code: 'request_superseded' });
    expect(await decisions()).toHaveLength(1);
    expect(scene.output.text).toBe('');
  });

  test('of a request that is over decides nothing', async () => {
    const receiver = await openReceiver();
    const [run] = await receiver.scene.service().runs(1);
    await receiver.scene.service().cancel(run?.run ?? '', null, {
      wait: 'stop',
      signal: new AbortController().signal,
      hurry: new AbortController().signal,
      listener: {
        recorded: () => undefined,
        output: () => undefined,
        waiting: () => undefined,
        delayed: () => undefined,
      },
    });
    await receiver.click();
    expect(receiver.events.at(-1)).toMatchObject({ kind: 'refused' });
    expect(await receiver.decisions()).toEqual([]);
  });

  test('cannot be rejected in the name of another one by a window with made-up contents', async () => {
    const receiver = await openReceiver();
    for (const metadata of [
      '',
      '{}',
      'null',
      JSON.stringify({ request: 'f'.repeat(64), ...place }),
    ]) {
      await receiver.post(aSubmission({ metadata, view: `V0${metadata.length}` }));
    }
    expect(receiver.events.map(({ kind }) => kind)).toEqual(Array(4).fill('refused'));
    expect(await receiver.decisions()).toEqual([]);
  });
});

describe('two at once', () => {
  test('of one person are one approval', async () => {
    const receiver = await openReceiver();
    const { hash } = receiver.request;
    const clicks = ['1', '2', '3', '4'].map((nr) =>
      signed(receiver.scene, aClick({ value: hash, at: `1700000001.00000${nr}` })),
    );
    await Promise.all(clicks.map((click) => receiver.entrance.handle(click)));
    await receiver.until(() => receiver.events.length === 4);
    expect(receiver.events.every(({ kind }) => kind === 'recorded')).toBe(true);
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test('of two people, one yes and one no, are a no', async () => {
    const receiver = await openReceiver();
    const metadata = JSON.stringify({ request: receiver.request.hash, ...place });
    await Promise.all([
      receiver.entrance.handle(
        signed(receiver.scene, aClick({ user: 'U0KIM', value: receiver.request.hash })),
      ),
      receiver.entrance.handle(signed(receiver.scene, aSubmission({ metadata, typed: 'no' }))),
    ]);
    await receiver.until(() => receiver.events.length === 2);
    const [run] = await receiver.scene.service().runs(1);
    const report = await receiver.scene.service().status(run?.run ?? '');
    expect(report.requests).toEqual([]);
    await expect(receiver.scene.resume(run?.run ?? '')).resolves.toMatchObject({
      status: 'rejected',
    });
  });
});

describe('what is typed or sent', () => {
  test('as a reason is data: kept as typed, and markup for nobody', async () => {
    const receiver = await openReceiver();
    const typed = '<!channel> <https://evil.example|approved> *bold* `x` &amp; ‮evil';
    const metadata = JSON.stringify({ request: receiver.request.hash, ...place });
    await receiver.post(aSubmission({ metadata, typed }));
    expect((await receiver.decisions())[0]?.event.data).toMatchObject({ reason: typed });
    await receiver.until(() => receiver.web.whispers('U0ROBIN').length > 0);
    expect(receiver.web.whispers('U0ROBIN')[0]).not.toContain('<!channel>');
  });

  test('in megabytes is not read', async () => {
    const receiver = await openReceiver();
    const huge = { ...aClick({ value: receiver.request.hash }), padding: 'x'.repeat(1_000_000) };
    await receiver.post(huge);
    expect(receiver.events).toMatchObject([{ kind: 'ignored' }]);
    expect(receiver.web.calls).toEqual([]);
  });

  test('with two actions in one click is no click', async () => {
    const receiver = await openReceiver();
    const click = aClick({ value: receiver.request.hash }) as { actions: object[] };
    await receiver.post({ ...click, actions: [...click.actions, ...click.actions] });
    expect(receiver.events).toMatchObject([{ kind: 'ignored' }]);
  });

  test.each([
    ['without a signature', (call: Call) => ({ ...call, headers: {} })],
    [
      'with another body under the same signature',
      (call: Call) => ({
        ...call,
        body: Buffer.from(call.body.toString().replace('U0KIM', 'U0ROBIN')),
      }),
    ],
    [
      'with the time of another call',
      (call: Call) => ({
        ...call,
        headers: {
          ...call.headers,
          'x-slack-request-timestamp': String(
            Number(call.headers['x-slack-request-timestamp']) + 1,
          ),
        },
      }),
    ],
  ])('%s is not Slack’s', async (_, forge) => {
    const { scene, entrance, request, web, decisions } = await openReceiver();
    const call = signed(scene, aClick({ user: 'U0KIM', value: request.hash }));
    expect(await entrance.handle(forge(call))).toMatchObject({ status: 401 });
    expect(web.calls).toEqual([]);
    expect(await decisions()).toEqual([]);
  });
});

type Call = ReturnType<typeof signed>;
