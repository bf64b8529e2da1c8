import { once } from 'node:events';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readActivity } from '../../../src/channels/teams/clicks/activity.ts';
import { listInstalled } from '../../../src/channels/teams/conversations.ts';
import { anInstallation, cardAt } from './activities.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import { objects, type TeamsService, tenant } from './service.ts';

/** What the clicker alone is told. */
function told({ body }: { readonly body: string }): string {
  const { statusCode, type, value } = JSON.parse(body) as Record<string, unknown>;
  expect([statusCode, type]).toEqual([200, 'application/vnd.microsoft.activity.message']);
  return String(value);
}

async function expectNothing({ decisions, front }: Receiver): Promise<void> {
  expect(await decisions()).toEqual([]);
  expect(await front.open()).toHaveLength(1);
}

test('an approval is recorded as the word of whoever received it, and answers the card as it is now', async () => {
  const receiver = await openReceiver();
  const answer = await receiver.press({ reason: 'looks right' });
  const { type, value } = JSON.parse(answer.body) as Record<string, unknown>;
  expect(type).toBe('application/vnd.microsoft.card.adaptive');
  expect(JSON.stringify(value)).toContain('Approved; the step has not started yet.');
  expect(JSON.stringify(value)).not.toContain('runbook.approve');
  const [decision] = await receiver.decisions();
  expect(decision?.event.data).toMatchObject({
    decision: 'approve',
    person: 'robin',
    assurance: 'A1',
    channel: 'teams',
    reason: 'looks right',
    attested: { identity: `teams:${tenant}/${objects.robin}` },
  });
});

test('what is kept of a call is the activity as it came, and never the token', async () => {
  const receiver = await openReceiver();
  await receiver.press();
  const [decision] = await receiver.decisions();
  const kept = JSON.stringify(decision);
  expect(kept).not.toMatch(/eyJ[\w-]+\.eyJ/);
});

test('a rejection needs a reason, which the journal keeps', async () => {
  const receiver = await openReceiver();
  expect(told(await receiver.press({ decision: 'reject', reason: ' \n' }))).toContain('Say why');
  expect(told(await receiver.press({ decision: 'reject', reason: 'x'.repeat(2_001) }))).toContain(
    'At most',
  );
  await expectNothing(receiver);
  await receiver.press({ decision: 'reject', reason: 'wrong cluster' });
  const [decision] = await receiver.decisions();
  expect(decision?.event.data).toMatchObject({ decision: 'reject', reason: 'wrong cluster' });
});

/** Nothing is answered until it is aborted. */
function holdAnswers(service: TeamsService): AbortController {
  const over = new AbortController();
  const free = once(over.signal, 'abort').then(() => null);
  service.fault = () => free;
  return over;
}

describe('where Teams takes long to say who somebody is', () => {
  test('they are answered in time, and called under the card where nothing came of it', async () => {
    const receiver = await openReceiver();
    const { service } = receiver;
    const answering = holdAnswers(service);
    const more = { id: 'f:1' };
    const user = 'ana';
    expect(told(await receiver.press({ user, more }))).toContain('still being checked');
    expect(told(await receiver.press({ user, more }))).toContain('still being checked');
    answering.abort();
    await expect.poll(() => service.count('POST')).toBe(1);
    const { path = '', body = '' } = service.calls.at(-1) ?? {};
    expect(path).toContain(`/activities/${cardAt}`);
    expect(body).toContain('their own run');
    expect(body).toContain(`"mentioned":{"id":"${objects.ana}","name":"ana"}`);
    await expectNothing(receiver);
  });

  test('what was decided in the end the card shows, and nobody is called', async () => {
    const receiver = await openReceiver();
    const { service, events, decisions } = receiver;
    const answering = holdAnswers(service);
    expect(told(await receiver.press())).toContain('still being checked');
    answering.abort();
    await expect.poll(() => events.map(({ code }) => code)).toEqual(['recorded']);
    expect(await decisions()).toHaveLength(1);
    expect(service.count('POST')).toBe(0);
  });
});

test('whatever comes in, it is an activity or none', () => {
  const field = fc.oneof(fc.string(), fc.constant({ id: '29:x' }), fc.jsonValue());
  const keys = ['type', 'id', 'channelId', 'serviceUrl', 'from', 'conversation', 'channelData'];
  const record = fc.record(Object.fromEntries(keys.map((key) => [key, field])));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        record.map((of) => JSON.stringify(of)),
      ),
      (text) => {
        const activity = readActivity(text);
        expect(activity === null || activity.from.id.length > 0).toBe(true);
      },
    ),
  );
});

test('the same activity again decides nothing, and says so', async () => {
  const receiver = await openReceiver();
  const more = { id: 'f:1' };
  await receiver.press({ decision: 'reject', reason: 'no', more });
  expect(told(await receiver.press({ decision: 'reject', reason: 'no', more }))).toContain(
    'before',
  );
  expect(receiver.events.map(({ code }) => code)).toEqual(['recorded', 'replayed']);
  expect(await receiver.decisions()).toHaveLength(1);
});

test('a click that decided nothing is judged anew when it comes again, and not told that it was recorded', async () => {
  const receiver = await openReceiver();
  const more = { id: 'f:1' };
  receiver.service.fault = () => 'cut';
  for (const _ of [1, 2]) {
    expect(told(await receiver.press({ more }))).toContain('nothing was decided');
  }
  await expectNothing(receiver);
  receiver.service.fault = () => null;
  await receiver.press({ more });
  expect(told(await receiver.press({ more }))).toContain('recorded');
  expect(receiver.events.map(({ code }) => code)).toEqual([
    'teams_unreachable',
    'teams_unreachable',
    'recorded',
    'replayed',
  ]);
  expect(await receiver.decisions()).toHaveLength(1);
});

test('the same click many times at once is decided once, and each is answered alike', async () => {
  const receiver = await openReceiver();
  const more = { id: 'f:1' };
  const answers = await Promise.all([1, 2, 3].map(() => receiver.press({ more })));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(receiver.events.map(({ code }) => code)).toEqual(['recorded']);
  expect(await receiver.decisions()).toHaveLength(1);
});

describe('nothing is decided by', () => {
  test.each([
    [
      'another tenant',
      'wrong_tenant',
      { conversation: { id: '19:ops@thread.tacv2', tenantId: objects.ana } },
    ],
    [
      'an activity that names two tenants',
      'wrong_tenant',
      { channelData: { tenant: { id: objects.ana } } },
    ],
    ['an activity that names one tenant only', 'wrong_tenant', { channelData: {} }],
    ['another channel of Microsoft', 'wrong_channel', { channelId: 'webchat' }],
  ])('%s', async (_what, code, more) => {
    const receiver = await openReceiver();
    expect((await receiver.press({ more })).status).toBe(403);
    expect(receiver.events.map((event) => event.code)).toEqual([code]);
    await expectNothing(receiver);
  });

  test('another service than Teams, though its token is for it', async () => {
    const receiver = await openReceiver();
    const url = 'https://smba.trafficmanager.net.evil.example/';
    const token = await receiver.issuer.sign(url, receiver.scene.clock.now().wallMs);
    const activity = { ...anInstallation('add', { serviceUrl: url }) };
    expect((await receiver.post(activity, token)).status).toBe(403);
    expect(receiver.events.map(({ code }) => code)).toEqual(['service_not_allowed']);
  });

  test.each([
    ['a guest', 'a guest', { aadObjectId: objects.robin, tenantId: tenant, userRole: 'guest' }],
    [
      'somebody anonymous',
      'no member',
      { aadObjectId: objects.robin, tenantId: tenant, userRole: 'anonymous' },
    ],
    [
      'somebody of whom Teams says no role',
      'no member',
      { aadObjectId: objects.robin, tenantId: tenant },
    ],
    [
      'somebody of another tenant',
      'another tenant',
      { aadObjectId: objects.robin, tenantId: objects.ana, userRole: 'user' },
    ],
    [
      'an account that is another by its object id',
      'does not know',
      { aadObjectId: objects.ana, tenantId: tenant, userRole: 'user' },
    ],
    [
      'an account with two object ids',
      'does not know',
      { aadObjectId: objects.robin, objectId: objects.ana, tenantId: tenant, userRole: 'user' },
    ],
    ['an account without one', 'does not know', { tenantId: tenant, userRole: 'user' }],
  ])('%s', async (_what, words, facts) => {
    const receiver = await openReceiver();
    receiver.service.members.set('29:robin', facts);
    expect(told(await receiver.press())).toContain(words);
    expect(receiver.events.map(({ code }) => code)).toEqual(['not_a_member']);
    await expectNothing(receiver);
  });

  test('somebody who is not in the conversation, and nobody where Teams does not answer', async () => {
    const receiver = await openReceiver();
    receiver.service.members.delete('29:robin');
    expect(told(await receiver.press())).toContain('MemberNotFoundInConversation');
    receiver.service.fault = () => 'cut';
    expect(told(await receiver.press())).toContain('unreachable');
    expect(receiver.events.map(({ code }) => code)).toEqual([
      'teams_unreachable',
      'teams_unreachable',
    ]);
    await expectNothing(receiver);
  });

  test('somebody without an object id', async () => {
    const receiver = await openReceiver();
    expect(told(await receiver.press({ more: { from: { id: '29:robin' } } }))).toContain(
      'whose account',
    );
    await expectNothing(receiver);
  });

  test('an account that is nobody’s, who is told how it would be theirs', async () => {
    const receiver = await openReceiver();
    const words = told(await receiver.press({ user: 'nobody' }));
    expect(words).toContain(`runbook people add NAME --teams ${tenant}/${objects.nobody}`);
    await expectNothing(receiver);
  });

  test('whoever started the run', async () => {
    const receiver = await openReceiver();
    expect(told(await receiver.press({ user: 'ana' }))).toContain('their own run');
    expect(receiver.events.map(({ code }) => code)).toEqual(['self_approval']);
    await expectNothing(receiver);
  });

  test.each([
    ['a card of another message', 'card_unknown', { activity: '1700000000001' }],
    ['a card in another conversation', 'card_unknown', { conversation: '19:other@thread.tacv2' }],
    ['a request that nobody made', 'request_unknown', { request: 'f'.repeat(64) }],
    ['something else than a request', 'request_unknown', { request: { $ne: 1 } }],
    [
      'another verb',
      'request_unknown',
      { more: { value: { action: { type: 'Action.Execute', verb: 'x', data: {} } } } },
    ],
    [
      'another kind of action',
      'request_unknown',
      { more: { value: { action: { type: 'Action.Submit', verb: 'runbook.approve', data: {} } } } },
    ],
  ])('%s', async (_what, code, parts) => {
    const receiver = await openReceiver();
    told(await receiver.press(parts));
    expect(receiver.events.map((event) => event.code)).toEqual([code]);
    await expectNothing(receiver);
  });

  test('a button that the card does not have', async () => {
    const receiver = await openReceiver({ buttons: 'off' });
    told(await receiver.press());
    expect(receiver.events.map(({ code }) => code)).toEqual(['not_offered']);
    await expectNothing(receiver);
  });

  test('an approval of what the card did not show whole', async () => {
    const script = Array.from({ length: 400 }, (_, n) => `      echo ${n}`).join('\n');
    const runbook = `name: gated\nsteps:\n  - id: restart\n    privileged: true\n    run: |\n${script}\n`;
    const receiver = await openReceiver({ scene: { runbook } });
    expect(told(await receiver.press())).toContain('does not fit into a message of Teams');
    await expectNothing(receiver);
    await receiver.press({ decision: 'reject', reason: 'too long' });
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test.each(['', '[]', '{}', '{"type":"invoke"}', '\ud800', 'null'])(
    'a body like %j',
    async (body) => {
      const receiver = await openReceiver();
      expect((await receiver.post(body)).status).toBe(400);
      await expectNothing(receiver);
    },
  );
});

describe('an installation', () => {
  test('is remembered once, its service kept up to date, and forgotten when the app is removed', async () => {
    const { post, front, service } = await openReceiver();
    const at = { serviceUrl: service.url, conversation: '19:new@thread.tacv2' };
    await post(anInstallation('add', at));
    await post(anInstallation('add', at));
    expect(await listInstalled(front.notes)).toMatchObject([
      { service_url: service.url, conversation: at.conversation, name: 'Ops', personal: false },
    ]);
    await post(anInstallation('remove', at));
    expect(await listInstalled(front.notes)).toEqual([]);
  });

  test('that could not be noted is taken when it comes again', async () => {
    const { post, front, service, events } = await openReceiver();
    const at = { serviceUrl: service.url, conversation: '19:new@thread.tacv2' };
    const activity = anInstallation('add', at);
    const whole = { ...front.notes };
    Object.assign(front.notes, { put: () => Promise.reject(new Error('the disk is full')) });
    expect((await post(activity)).status).toBe(500);
    Object.assign(front.notes, whole);
    await post(activity);
    await post(activity);
    expect(events.map(({ code }) => code)).toEqual(['internal', 'installation', 'replayed']);
    expect(await listInstalled(front.notes)).toHaveLength(1);
  });

  test('of another tenant is not', async () => {
    const { post, front, service } = await openReceiver();
    const more = { channelData: { tenant: { id: objects.ana } } };
    await post(anInstallation('add', { serviceUrl: service.url, more }));
    expect(await listInstalled(front.notes)).toEqual([]);
  });
});
