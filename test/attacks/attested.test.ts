import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { DeniedError } from '../../src/base/errors.ts';
import type { Decided } from '../../src/run/events.ts';
import {
  asAccount,
  type Click,
  cardOf,
  click,
  decisionsOf,
  gated,
  host,
  openServed,
  ran,
} from '../support/click.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { driving, openScene, type Scene, type SceneOptions, withTouch } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';

describe('a click', () => {
  test('lets the run go on, and the journal names person, account, receiver and what came', async () => {
    const scene = openServed();
    const { run } = await scene.exec();
    const raw = Buffer.from('{"type":"block_actions"}');
    expect(await click(scene, { by: 'robin', event: 'Ev1', raw })).toMatchObject({
      decision: 'approve',
      person: 'robin',
      assurance: 'A1',
      missing: [],
      duplicate: false,
    });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
    const [decided] = await decisionsOf(scene, run);
    expect(decided).toMatchObject({
      person: 'robin',
      assurance: 'A1',
      presence: false,
      channel: 'slack',
      signature: null,
      attested: {
        receiver: `os:runbook@${host.toLowerCase()}`,
        identity: 'slack:T0TEAM/U0ROBIN',
        matched_by: null,
        event: 'Ev1',
      },
    });
    const stored = decided?.attested && (await scene.engine().store.getBlob(decided.attested.raw));
    expect(stored?.bytes).toEqual(raw);
    const verified = await scene.service().verify({ receipts: [], pins: [], progress: () => {} });
    expect(verified).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('received by the account that started the run is A0, and a floor of A1 refuses it', async () => {
    const scene = openScene({ runbook: gated });
    await scene.exec();
    const { size } = await scene.engine().store.head();
    const refusal = await click(scene, { by: 'robin' }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'assurance_too_low', exitCode: 13 });
    const told = refusal instanceof DeniedError ? refusal : null;
    expect(told?.message).toContain('asks for A1');
    expect(told?.hint).toMatch(/`runbook approve [a-z-]+-[0-9a-f]{8} --key FILE`/);
    expect((await scene.engine().store.head()).size).toBe(size);
  });

  test('received by that account is A0 also once its host is called otherwise', async () => {
    const scene = openScene({ runbook: gated, account: 'ana@renamed' });
    await scene.exec();
    await expect(click(scene, { by: 'robin' })).rejects.toMatchObject({
      code: 'assurance_too_low',
    });
  });

  test('of that kind counts where the floor takes A0', async () => {
    const scene = openScene({ runbook: gated, policy: 'floor: { assurance: A0 }' });
    const { run } = await scene.exec();
    expect(await click(scene, { by: 'robin' })).toMatchObject({ assurance: 'A0', missing: [] });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
  });

  test('received by an account that the initiator owns is A0 too', async () => {
    const scene = openServed();
    scene.trusted.people = scene.trusted.people.replace(
      `os_users: [ana@${host}]`,
      `os_users: [ana@${host}, runbook@${host}]`,
    );
    await scene.exec();
    await expect(click(scene, { by: 'robin' })).rejects.toMatchObject({
      code: 'assurance_too_low',
    });
  });

  test('on reject ends the run at every level, with its reason', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await click(scene, { by: 'robin', decision: 'reject', reason: 'not during the sale' });
    const report = await scene.service().drive(run, driving(scene));
    expect(report).toMatchObject({ status: 'rejected', exit_code: 11 });
    expect(report.reason).toContain('not during the sale');
  });
});

/** Something received that must not count. */
interface Attempt {
  readonly name: string;
  readonly code: string;
  readonly exitCode: number;
  readonly options?: Partial<SceneOptions>;
  readonly people?: (text: string) => string;
  readonly click: Click;
}

const bySre = `
rules:
  - name: sre alone
    when: "true"
    require: { approvals: [{ id: peer, from: [group:sre], assurance: A1 }] }
`;

const attempts: readonly Attempt[] = [
  {
    name: 'of whoever started the run',
    code: 'self_approval',
    exitCode: 13,
    click: { by: 'ana' },
  },
  {
    name: 'of whoever started the run, under a second account of theirs',
    code: 'self_approval',
    exitCode: 13,
    people: (text) => text.replace('T0TEAM/U0ANA', 'T0TEAM/U0ANA, T0OTHER/U0ANNA'),
    click: { by: 'ana', identity: 'slack:T0OTHER/U0ANNA' },
  },
  {
    name: 'of whoever owns the agent that started the run',
    code: 'self_approval',
    exitCode: 13,
    options: { caller: { agent: 'deploy-bot' } },
    click: { by: 'ana' },
  },
  {
    name: 'of whoever started the run, matched by an address',
    code: 'self_approval',
    exitCode: 13,
    people: (text) => text.replace('slack: [T0TEAM/U0ANA]', 'emails: [ana@example.com]'),
    click: { by: 'ana', matchedBy: 'email:ana@example.com' },
  },
  {
    name: 'of a stranger',
    code: 'identity_unknown',
    exitCode: 13,
    click: { by: 'mallory' },
  },
  {
    name: 'of the same user in another workspace',
    code: 'identity_unknown',
    exitCode: 13,
    click: { by: 'robin', identity: 'slack:T0OTHER/U0ROBIN' },
  },
  {
    name: 'under an account of the host',
    code: 'identity_unfit',
    exitCode: 13,
    click: { by: 'robin', identity: `os:robin@${host}` },
  },
  {
    name: 'under an agent that somebody answers for',
    code: 'identity_unfit',
    exitCode: 13,
    click: { by: 'ana', identity: 'agent:deploy-bot' },
  },
  {
    name: 'on a request that this journal never asked',
    code: 'request_unknown',
    exitCode: 2,
    click: { by: 'robin', request: sha256('another store') },
  },
  {
    name: 'of somebody whom the request does not ask',
    code: 'not_asked',
    exitCode: 13,
    options: { policy: bySre },
    click: { by: 'kim' },
  },
  {
    name: 'on reject, of somebody whom the request does not ask',
    code: 'not_asked',
    exitCode: 13,
    options: { policy: bySre },
    click: { by: 'kim', decision: 'reject', reason: 'no' },
  },
  {
    name: 'on reject without a reason',
    code: 'reason_missing',
    exitCode: 13,
    click: { by: 'robin', decision: 'reject', reason: ' ' },
  },
  {
    name: 'with a reason of any length',
    code: 'reason_too_long',
    exitCode: 2,
    click: { by: 'robin', reason: 'x'.repeat(4001) },
  },
  {
    name: 'where a signature is asked for',
    code: 'assurance_too_low',
    exitCode: 13,
    options: { policy: 'floor: { assurance: A3 }' },
    click: { by: 'robin' },
  },
  {
    name: 'where a touch is asked for',
    code: 'assurance_too_low',
    exitCode: 13,
    options: { policy: bySre.replace('A1', 'A3, presence: true'), morePeople: withTouch },
    click: { by: 'robin' },
  },
  {
    name: 'with a token that was never issued',
    code: 'token_unknown',
    exitCode: 4,
    click: { by: 'robin', identity: 'token:0123456789abcdef' },
  },
];

test.each(attempts)('a click $name counts for nothing', async (attempt) => {
  const scene = openServed(attempt.options);
  scene.trusted.people = attempt.people?.(scene.trusted.people) ?? scene.trusted.people;
  const { run } = await scene.exec();
  const { size } = await scene.engine().store.head();
  const { code, exitCode } = attempt;
  await expect(click(scene, attempt.click)).rejects.toMatchObject({ code, exitCode });
  expect((await scene.engine().store.head()).size).toBe(size);
  expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
  expect(ran(scene)).toBe(false);
});

describe('a card that is still there', () => {
  test('decides nothing once the step changed', async () => {
    const scene = openServed({
      runbook: `${gated}    files: [./list.txt]\n`,
      files: { 'list.txt': 'a' },
    });
    const { run } = await scene.exec();
    const { hash } = await cardOf(scene);
    await click(scene, { by: 'robin' });
    writeFileSync(join(scene.dir, 'list.txt'), 'a and b');
    expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
    await expect(click(scene, { by: 'kim', request: hash })).rejects.toMatchObject({
      code: 'request_superseded',
      exitCode: 2,
    });
    expect(ran(scene)).toBe(false);
  });

  test.each<[string, string, number, (scene: Scene) => Promise<unknown>]>([
    ['expired', 'request_expired', 12, async (scene) => scene.clock.shift(31 * 60_000)],
    ['rejected', 'request_rejected', 11, (scene) => scene.decide(scene.people.robin, 'reject')],
    [
      'of a cancelled run',
      'run_ended',
      2,
      (scene) => scene.service().cancel(null, null, driving(scene)),
    ],
    [
      'of a run that went on',
      'run_ended',
      2,
      async (scene) => {
        await scene.decide(scene.people.robin, 'approve');
        const { run } = await scene.service().status(null);
        await scene.service().drive(run, driving(scene));
      },
    ],
  ])('%s, decides nothing', async (_, code, exitCode, before) => {
    const scene = openServed();
    await scene.exec();
    const { hash } = await cardOf(scene);
    await before(scene);
    await expect(click(scene, { by: 'kim', request: hash })).rejects.toMatchObject({
      code,
      exitCode,
    });
  });
});

describe('what comes twice', () => {
  test('is one decision, with the first answer', async () => {
    const scene = openServed();
    const { run } = await scene.exec();
    const { hash } = await cardOf(scene);
    const first = await click(scene, { by: 'robin', request: hash, event: 'Ev1' });
    const again = await click(scene, { by: 'robin', request: hash, event: 'Ev1' });
    expect(again).toMatchObject({ duplicate: true, recorded: { index: first.recorded.index } });
    expect(await decisionsOf(scene, run)).toHaveLength(1);
  });

  test('is one decision also in two processes at once', async () => {
    const scene = openServed();
    const { run } = await scene.exec();
    const { hash } = await cardOf(scene);
    const stores = [scene.openStore(), scene.openStore()];
    const reports = await Promise.all(
      stores.map((store) => click(scene, { by: 'robin', request: hash, event: 'Ev1' }, store)),
    );
    await Promise.all(stores.map((store) => store.close()));
    expect(reports.filter(({ duplicate }) => duplicate)).toHaveLength(1);
    expect(new Set(reports.map(({ recorded }) => recorded.index)).size).toBe(1);
    expect(await decisionsOf(scene, run)).toHaveLength(1);
  });

  test.each(['before', 'after'] as const)(
    'is one decision where the receiver dies %s the commit',
    async (when) => {
      const scene = openServed();
      const { run } = await scene.exec();
      const { hash } = await cardOf(scene);
      const store = crashingStore(scene.openStore(), { commit: 1, when });
      const event = { by: 'robin', request: hash, event: 'Ev1' };
      await expect(click(scene, event, store)).rejects.toThrow(Stopped);
      await store.close();
      expect(await click(scene, event)).toMatchObject({ duplicate: when === 'after' });
      expect(await decisionsOf(scene, run)).toHaveLength(1);
    },
  );

  test('stays dead once it was revoked', async () => {
    const scene = openServed();
    const { run } = await scene.exec();
    await click(scene, { by: 'robin', event: 'Ev1' });
    await click(scene, { by: 'robin', decision: 'revoke' });
    expect(await click(scene, { by: 'robin', event: 'Ev1' })).toMatchObject({ duplicate: true });
    expect((await scene.resume(run)).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('is one decision where a person clicks again, and does not count for two', async () => {
    const scene = openServed({
      policy: bySre.replace('id: peer', 'id: peer, count: 2').replace('[group:sre]', '["*"]'),
    });
    const { run } = await scene.exec();
    const first = await click(scene, { by: 'robin' });
    expect(await click(scene, { by: 'robin' })).toMatchObject({
      duplicate: true,
      recorded: { index: first.recorded.index },
      missing: [{ count: 1 }],
    });
    expect(await decisionsOf(scene, run)).toHaveLength(1);
    expect(await click(scene, { by: 'kim' })).toMatchObject({ duplicate: false, missing: [] });
  });

  test('is two decisions of two people who click at once', async () => {
    const scene = openServed();
    const { run } = await scene.exec();
    const { hash } = await cardOf(scene);
    const both = ['robin', 'kim'].map((by) => click(scene, { by, request: hash }));
    expect((await Promise.all(both)).map(({ duplicate }) => duplicate)).toEqual([false, false]);
    expect((await decisionsOf(scene, run)).map(({ person }) => person).toSorted()).toEqual([
      'kim',
      'robin',
    ]);
  });

  test('adds nothing after a signature, and is added to by one', async () => {
    const scene = openServed();
    const { run } = await scene.exec();
    await click(scene, { by: 'robin' });
    expect(await scene.decide(scene.people.robin, 'approve')).toMatchObject({
      assurance: 'A3',
      duplicate: false,
    });
    expect(await click(scene, { by: 'robin' })).toMatchObject({ assurance: 'A3', duplicate: true });
    expect(await decisionsOf(scene, run)).toHaveLength(2);
  });
});

describe('between click and start', () => {
  test.each<[string, (scene: Scene) => void]>([
    [
      'the account was taken from its person',
      (scene) => {
        scene.trusted.people = scene.trusted.people.replace('slack: [T0TEAM/U0ROBIN]', 'slack: []');
      },
    ],
    [
      'the account was given to somebody else',
      (scene) => {
        scene.trusted.people = scene.trusted.people
          .replace('T0TEAM/U0ROBIN', 'T0TEAM/U0ROBIN2')
          .replace('T0TEAM/U0KIM', 'T0TEAM/U0ROBIN');
      },
    ],
    [
      'the initiator came to own the receiver',
      (scene) => {
        scene.trusted.people = scene.trusted.people.replace(
          `os_users: [ana@${host}]`,
          `os_users: [ana@${host}, runbook@${host}]`,
        );
      },
    ],
    [
      'a signature came to be asked for',
      (scene) => {
        scene.trusted.policy = 'floor: { assurance: A3 }';
      },
    ],
  ])('%s: it is asked again', async (_, change) => {
    const scene = openServed();
    const { run } = await scene.exec();
    await click(scene, { by: 'robin' });
    change(scene);
    expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('the receiver’s owner took the run on: it is asked again', async () => {
    const scene = openServed({ morePeople: `  - { name: zoe, os_users: [runbook@${host}] }\n` });
    const { run } = await scene.exec();
    await click(scene, { by: 'robin' });
    const zoe = asAccount(scene, `runbook@${host}`);
    await zoe.resume({ run, given: {} });
    expect((await zoe.drive(run, driving(scene))).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('who clicked cannot take the run on', async () => {
    const scene = openServed({
      morePeople: `  - { name: zoe, os_users: [zoe@${host}], slack: [T0TEAM/U0ZOE] }\n`,
    });
    const { run } = await scene.exec();
    await click(scene, { by: 'zoe' });
    const zoe = asAccount(scene, `zoe@${host}`);
    await expect(zoe.resume({ run, given: {} })).rejects.toMatchObject({ code: 'decider_resumes' });
  });

  test('an account taken from the initiator does not lift what was A0', async () => {
    const scene = openServed({ policy: 'floor: { assurance: A0 }' });
    const own = `os_users: [ana@${host}, runbook@${host}]`;
    scene.trusted.people = scene.trusted.people.replace(`os_users: [ana@${host}]`, own);
    const { run } = await scene.exec();
    expect(await click(scene, { by: 'robin' })).toMatchObject({ assurance: 'A0' });
    scene.trusted.people = scene.trusted.people.replace(own, `os_users: [ana@${host}]`);
    scene.trusted.policy = '';
    expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });
});

/** An entry that an honest program would not have made, under the journal's own key. */
async function forgeClick(scene: Scene, changes: Partial<Decided>): Promise<void> {
  const { statement } = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
  const { request } = await cardOf(scene);
  const { run, store } = { ...(await scene.service().status(null)), ...scene.engine() };
  const data: Decided = {
    request,
    id: sha256(statement),
    decision: 'approve',
    person: 'robin',
    reason: null,
    assurance: 'A1',
    presence: false,
    verified: false,
    channel: 'slack',
    statement,
    signature: null,
    attested: {
      receiver: `os:runbook@${host.toLowerCase()}`,
      identity: 'slack:T0TEAM/U0ROBIN',
      matched_by: null,
      event: 'Ev1',
      raw: await store.putBlob(Buffer.from('{}')),
    },
    ...changes,
  };
  const events = [{ type: 'approval.decided', data }] as const;
  await store.commit({ run, expectedVersion: null, commandId: 'forged', events });
}

describe('an entry that says more than its evidence', () => {
  test.each<[string, Partial<Decided>, Partial<SceneOptions>]>([
    ['A3 for a click', { assurance: 'A3' }, { policy: 'floor: { assurance: A3 }' }],
    [
      'a touch',
      { assurance: 'A3', presence: true },
      { policy: bySre.replace('A1', 'A3, presence: true'), morePeople: withTouch },
    ],
    ['another person', { person: 'kim' }, { policy: bySre.replace('group:sre', 'kim') }],
  ])('starts nothing: %s', async (_, changes, options) => {
    const scene = openServed(options);
    const { run } = await scene.exec();
    await forgeClick(scene, changes);
    expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('starts nothing: A1 in a run that an account of the host started', async () => {
    const scene = openScene({ runbook: gated, account: 'ana@renamed' });
    const { run } = await scene.exec();
    await forgeClick(scene, {});
    expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });
});

test('nobody approves while the one who started it is in people.yaml under another name', async () => {
  const scene = openServed();
  const { run } = await scene.exec();
  scene.trusted.people = scene.trusted.people.replace(
    `name: ana, groups: [sre], os_users: [ana@${host}], agents: [deploy-bot]`,
    'name: anna, groups: [sre]',
  );
  for (const by of ['ana', 'robin']) {
    await expect(click(scene, { by })).rejects.toMatchObject({ code: 'initiator_departed' });
  }
  const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
  await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({
    code: 'initiator_departed',
  });
  expect((await scene.service().drive(run, driving(scene))).status).toBe('waiting');
  expect(ran(scene)).toBe(false);
});
