import { describe, expect, test } from 'vitest';
import { parseStatement } from '../../src/approval/statement/statement.ts';
import { prepareDecision } from '../../src/engine/decision/prepare-decision.ts';
import type { OwnDecision } from '../../src/engine/service.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { openLoginScene, sessions } from '../support/by-login.ts';
import { cardOf, decisionsOf, host, ran } from '../support/click.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { idSigner, loginFor } from '../support/id-token.ts';
import { interruptedStore } from '../support/interrupted-store.ts';
import { driving, type Scene } from '../support/scene.ts';

const lee =
  '  - { name: lee, ssh_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJsaDYXQYruc6bilCYDIK4YSOeG+zmrRO2M9t03//7LH"] }';
const needsLogin = { policy: 'floor: { assurance: A2 }' };

async function verified(scene: Scene) {
  return scene.service().verify({ receipts: [], pins: [], progress: () => undefined });
}

describe('somebody who logs in anew for what they were shown', () => {
  test('approves it, and the run goes on', async () => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    expect(await scene.login('robin')).toMatchObject({
      decision: 'approve',
      person: 'robin',
      assurance: 'A2',
      missing: [],
      duplicate: false,
    });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
    expect(ran(scene)).toBe(true);
    const [decided] = await decisionsOf(scene, run);
    expect(decided).toMatchObject({ channel: 'web', signature: null, presence: false });
    expect(decided?.attested).toBeUndefined();
    expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('rejects it with a reason, which ends the run', async () => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    await scene.login('robin', { decision: 'reject', reason: 'not today' });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ status: 'rejected' });
    expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('takes back what they approved', async () => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    await scene.login('robin');
    await scene.login('robin', { decision: 'revoke' });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ status: 'waiting' });
    expect(ran(scene)).toBe(false);
    await scene.login('kim');
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
    expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('is recorded once, however often it is handed in', async () => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    const statement = await scene.as('robin').prepareDecision(await scene.own());
    const login = await loginFor(scene.signer, statement, 'robin');
    const first = await scene.as('robin').decideByLogin({ statement, login }, 'web');
    const again = await loginFor(scene.signer, statement, 'robin', { jti: 'another' });
    const second = await scene.as('kim').decideByLogin({ statement, login: again }, 'web');
    expect(second).toEqual({ ...first, duplicate: true });
    expect(await decisionsOf(scene, run)).toHaveLength(1);
  });

  test.each(['before', 'after'] as const)(
    'is recorded once where the server dies %s it was',
    async (when) => {
      const scene = await openLoginScene(needsLogin);
      const { run } = await scene.exec();
      const statement = await scene.as('robin').prepareDecision(await scene.own());
      const login = await loginFor(scene.signer, statement, 'robin');
      const dying = crashingStore(scene.openStore(), { commit: 1, when });
      await expect(scene.service(dying).decideByLogin({ statement, login }, 'web')).rejects.toThrow(
        Stopped,
      );
      await dying.close();
      await scene.restart();
      const report = await scene.service().decideByLogin({ statement, login }, 'web');
      expect(report).toMatchObject({ assurance: 'A2', duplicate: when === 'after' });
      expect(await decisionsOf(scene, run)).toHaveLength(1);
      expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
      expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
    },
  );

  test('is believed also by a server under the account of whoever started the run', async () => {
    // What it attests weighs A0; what the issuer signed it could not have made up.
    const scene = await openLoginScene({ ...needsLogin, account: `ana@${host}` });
    await scene.exec();
    expect(await scene.login('kim')).toMatchObject({ assurance: 'A2', missing: [] });
  });
});

describe('what somebody logged in for approves nothing any more', () => {
  test.each<[string, (scene: Scene) => void]>([
    [
      'once the account is nobody’s',
      (scene) => {
        scene.trusted.people = scene.trusted.people.replace('example.com#robin', 'example.com#rob');
      },
    ],
    [
      'once the account is somebody else’s',
      (scene) => {
        scene.trusted.people = scene.trusted.people
          .replace('example.com#robin', 'example.com#rob')
          .replace('example.com#kim', 'example.com#robin');
      },
    ],
    [
      'once it is the account of whoever started the run',
      (scene) => {
        scene.trusted.people = scene.trusted.people
          .replace('example.com#robin', 'example.com#rob')
          .replace('example.com#ana', 'example.com#robin');
      },
    ],
    [
      'once policy asks for a signature',
      (scene) => {
        scene.trusted.policy = 'floor: { assurance: A3 }';
      },
    ],
  ])('%s, before the step starts', async (_what, change) => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    await scene.login('robin');
    change(scene);
    const report = await scene.service().drive(run, driving(scene));
    expect(report).toMatchObject({ status: 'waiting', exit_code: 10 });
    expect(ran(scene)).toBe(false);
    expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });
});

test('what somebody logged in for goes on counting once config.yaml names the issuer no more', async () => {
  const scene = await openLoginScene(needsLogin);
  const { run } = await scene.exec();
  await scene.login('robin');
  scene.trusted.config = scene.trusted.config.replace(/^login:\n.*\n/m, '');
  expect(scene.trusted.config).not.toContain('example.com');
  expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
  expect(ran(scene)).toBe(true);
  expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
});

describe('a session of the page', () => {
  test('decides at A1, and says that it was on the page', async () => {
    const scene = await openLoginScene();
    const { run } = await scene.exec();
    const own = { ...(await scene.own()), channel: 'web' } as const;
    expect(await scene.as('robin').decideAsMyself(own)).toMatchObject({ assurance: 'A1' });
    const [decided] = await decisionsOf(scene, run);
    expect(decided).toMatchObject({
      channel: 'web',
      attested: { identity: `token:${sessions.robin}`, matched_by: null },
    });
    const { store } = scene.engine();
    const raw = decided?.attested?.raw;
    const { bytes } = await store.getBlob(raw ?? ('' as never));
    expect(JSON.parse(bytes.toString())).toMatchObject({ channel: 'web', decision: 'approve' });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
    expect(await verified(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('does not lift what is asked for', async () => {
    const scene = await openLoginScene(needsLogin);
    await scene.exec();
    const own = { ...(await scene.own()), channel: 'web' } as const;
    await expect(scene.as('robin').decideAsMyself(own)).rejects.toMatchObject({
      code: 'assurance_too_low',
    });
  });
});

describe('a fresh login is refused', () => {
  test('where a signature is asked for', async () => {
    const scene = await openLoginScene({
      policy: `
rules:
  - name: signed
    when: "true"
    require: { approvals: [{ id: peer, from: [robin, ana, lee], assurance: A3 }] }
`,
      morePeople: lee,
    });
    await scene.exec();
    await expect(scene.login('robin')).rejects.toMatchObject({
      code: 'assurance_too_low',
      exitCode: 13,
      message: expect.stringContaining('a fresh login is A2') as string,
    });
  });

  test('for a request that has been decided', async () => {
    const scene = await openLoginScene(needsLogin);
    await scene.exec();
    const statement = await scene.as('kim').prepareDecision(await scene.own());
    const login = await loginFor(scene.signer, statement, 'kim');
    await scene.login('robin', { decision: 'reject', reason: 'no' });
    await expect(scene.as('kim').decideByLogin({ statement, login }, 'web')).rejects.toMatchObject({
      code: 'request_rejected',
    });
  });

  test.each<[string, string, object]>([
    ['of somebody else', 'other_person', { sub: 'kim' }],
    ['of nobody we know', 'identity_unknown', { sub: 'eve' }],
    ['for another client', 'login_other_client', { aud: 'other' }],
    ['for something else', 'login_other_statement', { nonce: 'x' }],
    ['that was no login at all', 'login_undated', { auth_time: undefined }],
    ['that was long over', 'login_stale', { auth_time: 1_000_000 }],
  ])('%s', async (_what, code, change) => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    const statement = await scene.as('robin').prepareDecision(await scene.own());
    const login = await loginFor(scene.signer, statement, 'robin', change);
    await expect(
      scene.as('robin').decideByLogin({ statement, login }, 'web'),
    ).rejects.toMatchObject({ code, exitCode: 13 });
    expect(await decisionsOf(scene, run)).toEqual([]);
  });

  test('under a key that the journal does not name', async () => {
    const scene = await openLoginScene(needsLogin);
    await scene.exec();
    const statement = await scene.as('robin').prepareDecision(await scene.own());
    const login = await loginFor(await idSigner('ES256', { kid: 'new' }), statement, 'robin');
    await expect(
      scene.as('robin').decideByLogin({ statement, login }, 'web'),
    ).rejects.toMatchObject({ code: 'login_key_unknown' });
  });

  test('a quarter of an hour after it was composed', async () => {
    const scene = await openLoginScene(needsLogin);
    await scene.exec();
    const statement = await scene.as('robin').prepareDecision(await scene.own());
    const seconds = Date.parse(parseStatement(statement).time) / 1000;
    const login = await loginFor(scene.signer, statement, 'robin', { exp: seconds + 7200 });
    scene.clock.shift(15 * 60_000);
    await expect(
      scene.as('robin').decideByLogin({ statement, login }, 'web'),
    ).rejects.toMatchObject({ code: 'login_expired' });
  });

  test('also where the quarter of an hour ends while it is being recorded', async () => {
    const scene = await openLoginScene(needsLogin);
    const { run } = await scene.exec();
    const statement = await scene.as('robin').prepareDecision(await scene.own());
    const login = await loginFor(scene.signer, statement, 'robin', { exp: 4e9 });
    const slow = interruptedStore(scene.engine().store, async () => scene.clock.shift(15 * 60_000));
    await expect(
      scene.service(slow).decideByLogin({ statement, login }, 'web'),
    ).rejects.toMatchObject({ code: 'login_expired' });
    expect(await decisionsOf(scene, run)).toEqual([]);
  });

  test('for another log', async () => {
    const scene = await openLoginScene(needsLogin);
    const other = await openLoginScene(needsLogin);
    await scene.exec();
    await other.exec();
    const statement = await other.as('robin').prepareDecision(await other.own());
    const login = await loginFor(scene.signer, statement, 'robin');
    await expect(
      scene.as('robin').decideByLogin({ statement, login }, 'web'),
    ).rejects.toMatchObject({ code: 'request_unknown' });
  });
});

describe('what somebody would decide is composed', () => {
  test('with every slot that asks them, whatever it takes to fill it', async () => {
    const scene = await openLoginScene({
      policy: `
rules:
  - name: two
    when: "true"
    require:
      approvals:
        - { id: peer, from: [robin, kim, lee] }
        - { id: owner, from: [robin], assurance: A2 }
        - { id: data, from: [kim] }
`,
      morePeople: lee,
    });
    await scene.exec();
    const { hash } = await cardOf(scene);
    const text = await scene.as('robin').prepareDecision(await scene.own({ reason: 'I looked' }));
    const { size } = await scene.engine().store.head();
    expect(parseStatement(text)).toMatchObject({
      decision: 'approve',
      request: hash,
      slots: ['two/peer', 'two/owner'],
      person: 'robin',
      reason: 'I looked',
      log: { origin: scene.engine().store.origin, size },
    });
  });

  test('without a word in the journal', async () => {
    const scene = await openLoginScene();
    await scene.exec();
    const before = await scene.engine().store.head();
    await scene.as('robin').prepareDecision(await scene.own());
    expect((await scene.engine().store.head()).size).toBe(before.size);
  });

  test.each<[string, 'ana' | 'robin' | 'kim', Partial<OwnDecision>, string]>([
    ['whoever started the run', 'ana', {}, 'self_approval'],
    ['what the caller did not see', 'robin', { hash: 'f'.repeat(64) as never }, 'other_request'],
    ['a no without a reason', 'robin', { decision: 'reject' }, 'reason_missing'],
    ['whoever is not asked', 'kim', {}, 'not_asked'],
    ['a no of whoever is not asked', 'kim', { decision: 'reject', reason: 'no' }, 'not_asked'],
    [
      'a reason that no card could show',
      'robin',
      { reason: 'x'.repeat(10_001) },
      'reason_too_long',
    ],
  ])('never for %s', async (_what, person, changes, code) => {
    const scene = await openLoginScene({
      policy:
        'rules: [{ name: one, when: "true", require: { approvals: [{ id: peer, from: [robin, ana] }] } }]',
    });
    await scene.exec();
    await expect(scene.as(person).prepareDecision(await scene.own(changes))).rejects.toMatchObject({
      code,
    });
  });

  test('never for an account of the machine', async () => {
    const scene = await openLoginScene();
    await scene.exec();
    const door = { ...scene.engine(), caller: { osUser: 'robin@web1' } };
    await expect(prepareDecision(door, await scene.own())).rejects.toMatchObject({
      code: 'not_a_person',
    });
  });
});

test('keys of the issuer stand in the journal before what they signed', async () => {
  const scene = await openLoginScene(needsLogin);
  await scene.exec();
  await scene.login('robin');
  const { store } = scene.engine();
  const types = (await store.entries(0, (await store.head()).size)).map(
    (entry) => recordedOf(entry).event.type,
  );
  expect(types.indexOf('issuer.keys')).toBeGreaterThan(0);
  expect(types.indexOf('issuer.keys')).toBeLessThan(types.indexOf('approval.decided'));
});
