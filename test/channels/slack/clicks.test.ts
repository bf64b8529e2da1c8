import { describe, expect, test } from 'vitest';
import type { Recorded } from '../../../src/run/events.ts';
import { problemsOfView } from './limits.ts';
import { aClick, aSubmission } from './payloads.ts';
import { openReceiver, place, type Receiver, signed } from './receiver.ts';

function rejectMetadata({ request }: Receiver): string {
  return JSON.stringify({ request: request.hash, ...place });
}

function factsOf(entries: readonly Recorded[]): readonly object[] {
  return entries.flatMap(({ event }) =>
    event.type === 'approval.decided'
      ? [
          {
            decision: event.data.decision,
            person: event.data.person,
            assurance: event.data.assurance,
            reason: event.data.reason,
            identity: event.data.attested?.identity,
          },
        ]
      : [],
  );
}

const byRobin = { person: 'robin', assurance: 'A1', identity: 'slack:T0TEAM/U0ROBIN' };

describe('a click on Approve', () => {
  test('is an approval by the person whose account it is, and the run goes on', async () => {
    const receiver = await openReceiver();
    await receiver.click();
    expect(factsOf(await receiver.decisions())).toEqual([
      { decision: 'approve', reason: null, ...byRobin },
    ]);
    const [run] = await receiver.scene.service().runs(1);
    expect((await receiver.scene.resume(run?.run ?? '')).status).toBe('succeeded');
  });

  test('is kept as it came, so that whoever has the signing secret can check it again', async () => {
    const receiver = await openReceiver();
    await receiver.click();
    const [decided] = await receiver.decisions();
    const attested =
      decided?.event.type === 'approval.decided' ? decided.event.data.attested : undefined;
    const { store } = receiver.scene.engine();
    const { bytes } = await store.getBlob(attested?.raw as never);
    const kept = JSON.parse(bytes.toString('utf8')) as Record<string, string>;
    expect(Object.keys(kept)).toEqual(['body', 'signature', 'timestamp', 'transport']);
    expect(kept['body']).toMatch(/^payload=/);
  });

  test('is answered for that person alone, beside the card', async () => {
    const receiver = await openReceiver();
    await receiver.click({ thread: '1699999999.000001' });
    await receiver.until(() => receiver.web.whispers('U0ROBIN').length > 0);
    expect(receiver.web.whispers('U0ROBIN')).toEqual(['approve by robin recorded (A1)']);
    expect(receiver.web.calls.find(({ method }) => method === 'chat.postEphemeral')).toMatchObject({
      args: { channel: 'C0CARDS', thread_ts: '1699999999.000001' },
    });
  });

  test('asks Slack about the account each time', async () => {
    const receiver = await openReceiver();
    await receiver.click({ at: '1700000001.000001', user: 'U0NEW' });
    await receiver.click({ at: '1700000001.000002', user: 'U0NEW' });
    const asked = receiver.web.calls.filter(({ method }) => method === 'users.info');
    expect(asked).toHaveLength(2);
  });

  test('that comes twice counts once', async () => {
    const receiver = await openReceiver();
    await receiver.click();
    await receiver.click({ trigger: 'another' });
    expect(receiver.events.map(({ code }) => code)).toEqual(['recorded', 'ignored']);
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test.each(['U0ROBIN', 'U0KIM'])(
    'on what is approved changes nothing, and says how to withdraw',
    async (user) => {
      const receiver = await openReceiver();
      await receiver.click({ at: '1700000001.000001' });
      await receiver.click({ at: '1700000001.000002', user });
      expect(receiver.events.at(-1)).toMatchObject({ kind: 'refused', code: 'already_approved' });
      await receiver.until(() => receiver.web.whispers(user).some((it) => it.includes('revoke')));
      expect(await receiver.decisions()).toHaveLength(1);
    },
  );

  test('says who is still missing', async () => {
    const policy = `rules:
  - name: two
    when: "true"
    require: { approvals: [{ id: pair, count: 2, from: ["*"] }] }`;
    const receiver = await openReceiver({ policy });
    await receiver.click();
    await receiver.until(() => receiver.web.whispers('U0ROBIN').length > 0);
    expect(receiver.web.whispers('U0ROBIN')[0]).toContain('still missing: 1 for');
  });

  test('by an account whose address alone is known counts where the settings say so', async () => {
    const morePeople = '  - { name: new, emails: [u0new@example.com] }\n';
    const strict = await openReceiver({ morePeople });
    await strict.click({ user: 'U0NEW' });
    expect(strict.events).toMatchObject([{ kind: 'refused', code: 'not_a_person' }]);
    const config = `channels:
  slack: { channel: C0CARDS, bot_token: { env: T }, match_email: true }`;
    const open = await openReceiver({ morePeople, config, settings: { matchEmail: true } });
    await open.click({ user: 'U0NEW' });
    expect(factsOf(await open.decisions())).toMatchObject([{ person: 'new', assurance: 'A1' }]);
  });
});

describe('a click on Reject', () => {
  test('asks why, and decides nothing yet', async () => {
    const receiver = await openReceiver();
    await receiver.click({ action: 'runbook.reject' });
    expect(receiver.web.views().flatMap(problemsOfView)).toEqual([]);
    expect(receiver.web.views()).toMatchObject([
      { callback_id: 'runbook.reject', private_metadata: rejectMetadata(receiver) },
    ]);
    expect(await receiver.decisions()).toEqual([]);
  });

  test('whose window Slack does not open any more says how else to reject', async () => {
    const receiver = await openReceiver();
    receiver.web.answers.set('views.open', { ok: false, error: 'expired_trigger_id' });
    await receiver.click({ action: 'runbook.reject' });
    await receiver.until(() => receiver.web.whispers('U0ROBIN').length > 0);
    expect(receiver.web.whispers('U0ROBIN')[0]).toContain(
      `runbook reject ${receiver.request.id} --reason TEXT`,
    );
  });

  test('rejects with the reason that was typed, and the run ends', async () => {
    const receiver = await openReceiver();
    const typed = '  not on a Friday,\r\n<!channel> *really*\t ';
    await receiver.post(aSubmission({ metadata: rejectMetadata(receiver), typed }));
    expect(factsOf(await receiver.decisions())).toEqual([
      { decision: 'reject', reason: 'not on a Friday,\n<!channel> *really*', ...byRobin },
    ]);
  });

  test.each([
    ['', 'Say why: a few words will do.'],
    [' \n\t ', 'Say why: a few words will do.'],
    ['x'.repeat(2001), 'At most 2000 characters, not 2001 characters.'],
    ['a\u001b[31mb', 'This holds control characters: type it anew.'],
    ['a\ud800b', 'This holds control characters: type it anew.'],
    ['a\u0000b', 'This holds control characters: type it anew.'],
  ])('keeps its window open for a reason that will not do', async (typed, problem) => {
    const receiver = await openReceiver();
    const answer = await receiver.post(aSubmission({ metadata: rejectMetadata(receiver), typed }));
    expect(JSON.parse(answer.body)).toEqual({
      response_action: 'errors',
      errors: { 'runbook.reason': problem },
    });
    expect(await receiver.decisions()).toEqual([]);
  });
});

describe('a click that counts for nothing', () => {
  test('is on a button of no request', async () => {
    const receiver = await openReceiver();
    await receiver.click({ value: 'f'.repeat(64) });
    await receiver.until(() => receiver.web.whispers('U0ROBIN').length > 0);
    expect(receiver.web.whispers('U0ROBIN')[0]).toContain('no request that this journal has');
    expect(receiver.events).toMatchObject([{ kind: 'refused', code: 'request_unknown' }]);
  });

  test.each(['', 'request', '../../etc/passwd', '{}'])(
    'has a value of another form',
    async (value) => {
      const receiver = await openReceiver();
      await receiver.click({ value });
      expect(receiver.events).toMatchObject([{ code: 'request_unknown' }]);
    },
  );

  test('is on another button', async () => {
    const receiver = await openReceiver();
    await receiver.click({ action: 'deploy.approve' });
    expect(receiver.events).toMatchObject([{ kind: 'ignored', message: 'another button' }]);
  });

  test('opens a link, which the browser does', async () => {
    const { entrance, scene, events, web } = await openReceiver();
    const answer = await entrance.handle(signed(scene, aClick({ action: 'runbook.open' })));
    expect(answer).toEqual({ status: 200, body: '', contentType: 'text/plain' });
    expect([...events, ...web.calls]).toEqual([]);
  });

  test('comes from somebody whom people.yaml does not know, who is told how to link', async () => {
    const receiver = await openReceiver();
    await receiver.click({ user: 'U0NEW' });
    await receiver.until(() => receiver.web.whispers('U0NEW').length > 0);
    expect(receiver.web.whispers('U0NEW')[0]).toContain('runbook people link slack');
  });

  test('comes while Slack does not say who it is', async () => {
    const receiver = await openReceiver();
    receiver.web.answers.set('users.info/U0ROBIN', { ok: false, error: 'internal_error' });
    await receiver.click();
    expect(receiver.events).toMatchObject([{ code: 'slack_unreachable' }]);
    expect(await receiver.decisions()).toEqual([]);
  });

  test('comes from a card of somebody else while the request is approved', async () => {
    const receiver = await openReceiver();
    await receiver.click();
    await receiver.click({ user: 'U0KIM', message: '1700000009.000900', channel: 'C0OTHER' });
    expect(receiver.events.at(-1)).toMatchObject({ kind: 'refused', code: 'card_unknown' });
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test('comes too late', async () => {
    const receiver = await openReceiver();
    receiver.scene.clock.shift(31 * 60_000);
    await receiver.click();
    expect(receiver.events).toMatchObject([{ kind: 'refused', code: 'request_expired' }]);
  });

  test('comes after the step was rejected', async () => {
    const receiver = await openReceiver();
    await receiver.post(aSubmission({ user: 'U0KIM', metadata: rejectMetadata(receiver) }));
    await receiver.click();
    expect(receiver.events.at(-1)).toMatchObject({ kind: 'refused' });
    expect(await receiver.decisions()).toHaveLength(1);
  });

  test('comes while people.yaml cannot be read', async () => {
    const receiver = await openReceiver();
    receiver.scene.trusted.people = 'people: [';
    await receiver.click();
    await receiver.until(() => receiver.web.whispers('U0ROBIN').length > 0);
    expect(receiver.web.whispers('U0ROBIN')[0]).toContain('something went wrong here');
    expect(await receiver.decisions()).toEqual([]);
  });
});
