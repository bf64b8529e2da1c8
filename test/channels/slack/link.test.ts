import { describe, expect, test } from 'vitest';
import {
  answerLink,
  claimLink,
  formatCode,
  formatLink,
  newLink,
  parseLink,
} from '../../../src/approval/people/account-link.ts';
import { beginLink } from '../../../src/engine/link-account.ts';
import { problemsOfView } from './limits.ts';
import { aShortcut, aSubmission } from './payloads.ts';
import { openReceiver, type Receiver, signed } from './receiver.ts';
import { aUser } from './web.ts';

const block = 'runbook.code';

async function type(receiver: Receiver, user: string, typed: string): Promise<string> {
  const submission = aSubmission({ user, callback: 'runbook.link', block, typed });
  return (await receiver.post(submission)).body;
}

function problemOf(body: string): unknown {
  return (JSON.parse(body) as { errors?: Record<string, string> }).errors?.[block];
}

function answerOf(body: string): string {
  return /"text":"([0-9A-Z]{4}-[0-9A-Z]{4})"/.exec(body)?.[1] ?? body;
}

/** Ana at her own login, whose Slack account nobody has mapped. */
async function openDesk() {
  const receiver = await openReceiver();
  const { trusted } = receiver.scene;
  trusted.people = trusted.people.replace(', slack: [T0TEAM/U0ANA]', '');
  const service = receiver.scene.service();
  return { receiver, service, begun: await service.beginLink('slack') };
}

describe('linking one’s own account', () => {
  test('takes a code from the terminal to Slack and another one back', async () => {
    const { receiver, service, begun } = await openDesk();
    const reply = await type(receiver, 'U0ANA', formatCode(begun.code));
    expect(problemsOfView((JSON.parse(reply) as { view: unknown }).view)).toEqual([]);
    const answer = answerOf(reply);
    expect(await service.finishLink('slack', answer)).toEqual({
      person: 'ana',
      identity: 'slack:T0TEAM/U0ANA',
      name: 'Member U0ANA',
    });
  });

  test('works once', async () => {
    const { receiver, service, begun } = await openDesk();
    const answer = answerOf(await type(receiver, 'U0ANA', begun.code));
    await service.finishLink('slack', answer);
    await expect(service.finishLink('slack', answer)).rejects.toMatchObject({
      code: 'link_refused',
    });
    expect(problemOf(await type(receiver, 'U0NEW', begun.code))).toContain('no such code');
  });

  test('begins with a window that warns of codes that others sent', async () => {
    const { receiver } = await openDesk();
    await receiver.entrance.handle(signed(receiver.scene, aShortcut({ user: 'U0ANA' })));
    await receiver.until(() => receiver.web.views().length > 0);
    expect(receiver.web.views().flatMap(problemsOfView)).toEqual([]);
    expect(JSON.stringify(receiver.web.views()[0])).toContain('Whoever sent you a code');
  });

  test('shows the same code again where Slack sends the same again', async () => {
    const { receiver, begun } = await openDesk();
    const first = answerOf(await type(receiver, 'U0ANA', begun.code));
    receiver.scene.clock.shift(1000);
    expect(answerOf(await type(receiver, 'U0ANA', begun.code))).toBe(first);
  });

  test('reads a code as people type it', async () => {
    const { receiver, begun } = await openDesk();
    const sloppy = ` ${formatCode(begun.code).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')} `;
    expect(answerOf(await type(receiver, 'U0ANA', sloppy))).toMatch(/^.{4}-.{4}$/);
  });
});

describe('an account is not linked', () => {
  test('by whoever was lured into typing the code, without the second one', async () => {
    const { receiver, service, begun } = await openDesk();
    await type(receiver, 'U0NEW', begun.code);
    for (const left of [4, 3, 2, 1, 0]) {
      await expect(service.finishLink('slack', '00000000')).rejects.toMatchObject({
        code: 'link_refused',
        message: `this is not the code that the chat shows; ${left} tries left`,
      });
    }
    await expect(service.finishLink('slack', '00000000')).rejects.toThrow('there is no link');
  });

  test('by the second to type the code', async () => {
    const { receiver, begun } = await openDesk();
    await type(receiver, 'U0ANA', begun.code);
    expect(problemOf(await type(receiver, 'U0NEW', begun.code))).toBe('this code was used already');
  });

  test('with a code of more than ten minutes ago, in either place', async () => {
    const { receiver, service, begun } = await openDesk();
    const answer = answerOf(await type(receiver, 'U0ANA', begun.code));
    receiver.scene.clock.shift(10 * 60_000);
    expect(problemOf(await type(receiver, 'U0ANA', begun.code))).toContain('ten minutes');
    await expect(service.finishLink('slack', answer)).rejects.toMatchObject({
      code: 'link_refused',
    });
  });

  test('before anybody typed the first code', async () => {
    const { service } = await openDesk();
    await expect(service.finishLink('slack', '12345678')).rejects.toThrow('nobody has typed');
  });

  test('that is somebody’s already', async () => {
    const { receiver, begun } = await openDesk();
    expect(problemOf(await type(receiver, 'U0ROBIN', begun.code))).toBe(
      'your Slack account is linked to `robin` already',
    );
  });

  test.each([
    ['a guest', { is_ultra_restricted: true }],
    ['a bot', { is_bot: true }],
    ['of another workspace', { team_id: 'T0OTHER' }],
  ])('that is %s', async (_, odd) => {
    const { receiver, begun } = await openDesk();
    receiver.web.answers.set('users.info/U0NEW', aUser('U0NEW', odd));
    expect(problemOf(await type(receiver, 'U0NEW', begun.code))).toContain('decides nothing here');
  });

  test('by trying codes: five, and then not the right one either', async () => {
    const { receiver, begun } = await openDesk();
    for (let turn = 0; turn < 5; turn += 1) {
      receiver.scene.clock.shift(1000);
      expect(problemOf(await type(receiver, 'U0NEW', `0000000${turn}`))).toContain('no such code');
    }
    expect(problemOf(await type(receiver, 'U0NEW', begun.code))).toBe('wait ten minutes');
    expect(answerOf(await type(receiver, 'U0ANA', begun.code))).toMatch(/^.{4}-.{4}$/);
  });

  test.each([
    ['an agent', { agent: 'deploy-bot' }],
    ['a CI job', { ci: { identity: 'github/acme/infra' } }],
    ['nobody in people.yaml', { osUser: 'mallory@elsewhere' }],
    ['two people at once', { sudoUser: 'robin' }],
  ])('for %s', async (_, caller) => {
    const { receiver } = await openDesk();
    receiver.scene.trusted.people = receiver.scene.trusted.people.replace(
      'name: robin,',
      `name: robin, os_users: [robin@${receiver.scene.engine().host}],`,
    );
    const engine = receiver.scene.engine();
    const theirs = { ...engine, caller: { osUser: `ana@${engine.host}`, ...caller } };
    await expect(beginLink(theirs, 'slack')).rejects.toMatchObject({ code: 'not_a_person' });
  });
});

describe('a link', () => {
  const account = { identity: 'slack:T0TEAM/U0ANA', name: 'Ana' };

  test('survives being kept as a note', () => {
    const link = newLink('ana', 0);
    const step = claimLink([link], link.code, { account, nowMs: 1 });
    expect(step.kind === 'claimed' && parseLink(formatLink(step.link))).toEqual(
      step.kind === 'claimed' && step.link,
    );
    expect(parseLink('{}')).toBeNull();
    expect(parseLink('')).toBeNull();
  });

  test('that was lost is begun anew', () => {
    expect(answerLink(null, '12345678', 0)).toMatchObject({ kind: 'refused' });
  });
});
