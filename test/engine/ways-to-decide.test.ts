import { describe, expect, test } from 'vitest';
import { waysToDecide } from '../../src/engine/decision/ways-to-decide.ts';
import type { DecisionWays } from '../../src/engine/login-reports.ts';
import { type LoginScene, openLoginScene, sessions } from '../support/by-login.ts';
import { host } from '../support/click.ts';
import { driving, type SceneOptions } from '../support/scene.ts';

async function waysOf(
  scene: LoginScene,
  person: 'ana' | 'robin' | 'kim' = 'robin',
): Promise<DecisionWays> {
  const { content } = await scene.open();
  return scene.as(person).waysToDecide(content.id);
}

async function opened(options: Partial<SceneOptions> = {}): Promise<LoginScene> {
  const scene = await openLoginScene(options);
  await scene.exec();
  return scene;
}

const touch =
  '  - { name: lee, ssh_keys: ["sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJsaDYXQYruc6bilCYDIK4YSOeG+zmrRO2M9t03//7LHAAAABHNzaDo="] }';

function asking(slot: string): Partial<SceneOptions> {
  return {
    policy: `rules: [{ name: one, when: "true", require: { approvals: [{ id: peer, ${slot} }] } }]`,
    morePeople: touch,
  };
}

describe('a page offers', () => {
  test.each<[string, Partial<SceneOptions>, DecisionWays['approve']]>([
    ['every way where one other person will do', {}, { passkey: true, login: true, session: 'A1' }],
    [
      'no session where it must be a fresh login',
      asking('from: [robin], assurance: A2'),
      { passkey: true, login: true, session: null },
    ],
    [
      'a passkey alone where it must be signed',
      asking('from: [robin], assurance: A3'),
      { passkey: true, login: false, session: null },
    ],
    [
      'a passkey alone where it must be touched',
      asking('from: [robin, lee], assurance: A3, presence: true, pin: true'),
      { passkey: true, login: false, session: null },
    ],
    [
      'no session where the server’s word weighs too little',
      { account: `ana@${host}` },
      { passkey: true, login: true, session: null },
    ],
    [
      'every way that the weightiest slot takes, and those of the others',
      {
        policy: `
rules:
  - name: two
    when: "true"
    require: { approvals: [{ id: a, from: [robin], assurance: A3 }, { id: b, from: [robin, kim] }] }
`,
      },
      { passkey: true, login: true, session: 'A1' },
    ],
  ])('%s', async (_what, options, approve) => {
    expect(await waysOf(await opened(options))).toMatchObject({
      person: 'robin',
      refusal: null,
      approve,
      reject: true,
      revoke: false,
      passkeys: [],
    });
  });

  test('no login to whoever has no account with an issuer', async () => {
    const scene = await opened();
    scene.trusted.people = scene.trusted.people.replace(
      'https://login.example.com#robin',
      'https://login.example.com#rob',
    );
    expect((await waysOf(scene)).approve.login).toBe(true);
    scene.trusted.people = scene.trusted.people.replace(/, oidc: \["https:[^"]*#rob"\]/, '');
    expect((await waysOf(scene)).approve).toEqual({ passkey: true, login: false, session: 'A1' });
  });

  test('no login where none is configured', async () => {
    const scene = await opened();
    scene.trusted.config = '';
    expect((await waysOf(scene)).approve).toEqual({ passkey: true, login: false, session: 'A1' });
  });

  test('what is more than their approval until now, and to take that back', async () => {
    const scene = await opened();
    await scene.as('robin').decideAsMyself({ ...(await scene.own()), channel: 'web' });
    expect(await waysOf(scene)).toMatchObject({
      refusal: null,
      approve: { passkey: false, login: false, session: null },
      reject: true,
      revoke: true,
    });
    await scene.login('robin', { decision: 'revoke' });
    expect(await waysOf(scene)).toMatchObject({ approve: { session: 'A1' }, revoke: false });
  });
});

describe('a page offers no approval, and says why,', () => {
  test('to whoever started the run', async () => {
    expect(await waysOf(await opened(), 'ana')).toMatchObject({
      person: 'ana',
      refusal: { code: 'self_approval', hint: 'ask somebody else to decide' },
      approve: { passkey: false, login: false, session: null },
      reject: false,
      revoke: false,
    });
  });

  test('to an agent that calls with a session', async () => {
    const scene = await opened();
    const { id } = (await scene.open()).content;
    const holder = { kind: 'person', id: 'robin' } as const;
    const token = { token: sessions.robin, holder, agent: 'deploy-bot' };
    expect(await scene.service(undefined, token).waysToDecide(id)).toMatchObject({
      person: null,
      refusal: { code: 'agent_decides' },
      reject: false,
    });
  });

  test('to whoever is not asked', async () => {
    const scene = await opened(asking('from: [robin]'));
    expect(await waysOf(scene, 'kim')).toMatchObject({
      person: 'kim',
      refusal: { code: 'not_asked', hint: expect.any(String) as string },
      approve: { passkey: false, login: false, session: null },
      reject: false,
      revoke: false,
    });
  });

  test('to whoever is asked later', async () => {
    const scene = await opened(asking('from: [robin], escalate: [{ after: 5m, to: [kim] }]'));
    expect(await waysOf(scene, 'kim')).toMatchObject({ refusal: { code: 'not_asked_yet' } });
    scene.clock.shift(5 * 60_000);
    expect(await waysOf(scene, 'kim')).toMatchObject({ refusal: null, approve: { session: 'A1' } });
  });

  test('once its time is over', async () => {
    const scene = await opened();
    const { id } = (await scene.open()).content;
    scene.clock.shift(31 * 60_000);
    expect(await scene.as('robin').waysToDecide(id)).toMatchObject({
      person: 'robin',
      refusal: {
        code: 'request_expired',
        hint: expect.stringContaining('runbook resume') as string,
      },
      reject: false,
    });
  });

  test('once it ran', async () => {
    const scene = await opened();
    const { id, run } = (await scene.open()).content;
    await scene.login('robin');
    await scene.service().drive(run, driving(scene));
    expect(await scene.as('kim').waysToDecide(id)).toMatchObject({
      refusal: { code: 'run_ended' },
      reject: false,
    });
  });
});

test('to an account of the machine a page offers nothing', async () => {
  const scene = await opened();
  const { id } = (await scene.open()).content;
  const ways = await waysToDecide({ ...scene.engine(), caller: { osUser: 'robin@web1' } }, id);
  expect(ways).toMatchObject({ person: null, refusal: { code: 'not_a_person' } });
});
