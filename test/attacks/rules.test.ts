import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Caller } from '../../src/approval/people/initiator.ts';
import { RunbookError } from '../../src/base/errors.ts';
import { driving, openScene, type Scene, withTouch } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';

const host = hostname();

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    tags: [data]
    run: echo ran >> ran.txt
`;

const twoPeople = `
rules:
  - name: data needs two
    when: '"data" in step.tags'
    require:
      approvals:
        - { id: peer, count: 1, from: [group:sre] }
        - { id: owner, count: 1, from: [group:data] }
`;

function ran(scene: Scene): boolean {
  return existsSync(join(scene.dir, 'ran.txt'));
}

async function expectStillWaiting(
  scene: Scene,
  run: Parameters<Scene['resume']>[0],
): Promise<void> {
  expect(await scene.resume(run)).toMatchObject({ status: 'waiting', exit_code: 10 });
  expect(ran(scene)).toBe(false);
}

describe('two slots take two people', () => {
  test('one who could fill either fills one', async () => {
    const scene = openScene({ runbook: gated, policy: twoPeople });
    scene.trusted.people = scene.trusted.people.replace(
      'name: robin, groups: [sre]',
      'name: robin, groups: [sre, data]',
    );
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene
      .service()
      .decide(await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' }), 'cli');
    await expectStillWaiting(scene, run);
    await scene.decide(scene.people.kim, 'approve');
    expect((await scene.resume(run)).status).toBe('succeeded');
  });

  test('one person under two names in people.yaml cannot share a key', async () => {
    const scene = openScene({ runbook: gated, policy: twoPeople });
    const { publicKey } = scene.people.robin.signer;
    scene.trusted.people += `\n  - { name: robina, groups: [data], ssh_keys: ["${publicKey}"] }`;
    await expect(scene.exec()).rejects.toMatchObject({ code: 'people_invalid', exitCode: 2 });
  });
});

describe('changing the rules while a request is open makes nothing easier', () => {
  test('loosening the policy', async () => {
    const scene = openScene({ runbook: gated, policy: twoPeople });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.policy = '';
    await expectStillWaiting(scene, run);
  });

  test('taking out who rejected', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.kim, 'approve');
    await scene.decide(scene.people.robin, 'reject');
    scene.trusted.people = scene.trusted.people.replace(/ {2}- \{ name: robin.*\n/, '');
    expect(await scene.resume(run)).toMatchObject({ status: 'rejected', exit_code: 11 });
    expect(ran(scene)).toBe(false);
  });

  test('taking out who approved', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.people = scene.trusted.people.replace(/ {2}- \{ name: robin.*\n/, '');
    await expectStillWaiting(scene, run);
  });

  test("replacing the approver's key", async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.people = scene.trusted.people.replace(
      /(name: robin.*)ssh_keys: .*\]/,
      '$1ssh_keys: []',
    );
    await expectStillWaiting(scene, run);
  });

  test('joining the group that is asked', async () => {
    const scene = openScene({ runbook: gated, policy: twoPeople });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.people = scene.trusted.people.replace(
      'name: ana, groups: [sre]',
      'name: ana, groups: [sre, data]',
    );
    const signed = await forgeDecision(scene, scene.people.ana.signer, { person: 'ana' });
    await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({
      code: 'self_approval',
    });
    await expectStillWaiting(scene, run);
  });

  test('giving the second person a key that is still the own', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    const own = scene.people.ana.signer.publicKey;
    scene.trusted.people = scene.trusted.people.replace(
      /(name: robin.*ssh_keys: \[)/,
      `$1"${own}", `,
    );
    await expect(
      scene
        .service()
        .requests(true)
        .then(() => scene.resume(run)),
    ).rejects.toMatchObject({
      code: 'people_invalid',
    });
  });

  test('taking over the key of the second person', async () => {
    const scene = openScene({ runbook: gated });
    await scene.exec();
    const { publicKey } = scene.people.robin.signer;
    scene.trusted.people = scene.trusted.people
      .replace(/(name: robin.*)ssh_keys: .*\]/, '$1ssh_keys: []')
      .replace(/(name: ana.*ssh_keys: \[)/, `$1"${publicKey}", `);
    for (const person of ['robin', 'ana']) {
      const signed = await forgeDecision(scene, scene.people.robin.signer, { person });
      await expect(scene.service().decide(signed, 'cli')).rejects.toMatchObject({ exitCode: 13 });
    }
  });

  test('handing the own key to the second person is written down, with who did it, before it counts', async () => {
    const scene = openScene({ runbook: gated });
    await scene.exec();
    const { size } = await scene.engine().store.head();
    const own = scene.people.ana.signer.publicKey;
    scene.trusted.people = scene.trusted.people
      .replace(/(name: ana.*)ssh_keys: .*\]/, '$1ssh_keys: []')
      .replace(/(name: robin.*ssh_keys: \[)[^\]]*/, `$1"${own}"`);
    // Whoever may write people.yaml says who is who: the file belongs to somebody else where that matters.
    await scene
      .service()
      .decide(await forgeDecision(scene, scene.people.ana.signer, { person: 'robin' }), 'cli');
    const lines = await scene.service().auditLog({ run: null, limit: 2 });
    expect(lines.map(({ index, type }) => [index, type])).toEqual([
      [size, 'config.set'],
      [size + 1, 'approval.decided'],
    ]);
    expect(lines[0]?.summary).toContain(`by os:ana@${host}`);
  });
});

describe('whoever decided cannot drive', () => {
  const robin = { osUser: `robin@${host}` };

  async function approved(
    runbook: string,
  ): Promise<{ scene: Scene; run: Parameters<Scene['resume']>[0] }> {
    const scene = openScene({ runbook });
    scene.trusted.people = scene.trusted.people.replace(
      'name: robin,',
      `name: robin, os_users: [robin@${host}],`,
    );
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    return { scene, run };
  }

  test('nor resume, also through an agent of theirs', async () => {
    const { scene, run } = await approved(gated);
    scene.trusted.people = scene.trusted.people.replace(
      'name: robin,',
      'name: robin, agents: [helper],',
    );
    for (const caller of [robin, { osUser: `helper@${host}`, agent: 'helper' }]) {
      await expect(
        scene.service(undefined, caller).resume({ run, given: {} }),
      ).rejects.toMatchObject({
        code: 'decider_resumes',
        exitCode: 13,
      });
    }
    expect(ran(scene)).toBe(false);
  });

  test('nor make it run by cancelling: after a no, only what needs nobody runs', async () => {
    const { scene, run } = await approved(
      `${gated}finally:\n  - { id: tidy, privileged: true, run: echo tidy >> ran.txt }\n  - { id: tell, run: echo bye }\n`,
    );
    const report = await scene.service(undefined, robin).cancel(run, null, driving(scene));
    expect(report.status).toBe('cancelled');
    expect(report.steps.map(({ id, status }) => [id, status])).toEqual([
      ['restart', 'cancelled'],
      ['tidy', 'skipped'],
      ['tell', 'succeeded'],
    ]);
    expect(ran(scene)).toBe(false);
  });
});

describe('who answers for a run must be known', () => {
  const strangers: readonly { readonly name: string; readonly caller: Partial<Caller> }[] = [
    { name: 'an account that is nobody', caller: { osUser: `mallory@${host}` } },
    { name: 'root', caller: { osUser: `root@${host}` } },
    {
      name: 'root behind an unknown account',
      caller: { osUser: `root@${host}`, sudoUser: 'mallory' },
    },
    { name: 'an agent without an owner', caller: { osUser: `bot@${host}`, agent: 'nobodys-bot' } },
    {
      name: 'a CI job without an owner',
      caller: { osUser: `ci@${host}`, ci: { identity: 'github/acme/x' } },
    },
    { name: 'the same name on another host', caller: { osUser: 'ana@elsewhere' } },
  ];

  test.each(strangers)('$name is refused before step 1', async ({ caller }) => {
    const scene = openScene({
      runbook: gated.replace(
        'steps:',
        'preconditions:\n  - { id: look, run: echo ran >> ran.txt }\nsteps:',
      ),
      caller,
    });
    await expect(scene.exec()).rejects.toMatchObject({ code: 'initiator_unknown', exitCode: 13 });
    expect(await scene.service().runs(9)).toEqual([]);
    expect(ran(scene)).toBe(false);
  });

  test.each(strangers)(
    '$name cannot take on a run that somebody else started',
    async ({ caller }) => {
      const scene = openScene({ runbook: gated });
      const { run } = await scene.exec();
      await scene.decide(scene.people.robin, 'approve');
      const stranger = scene.service(undefined, caller);
      await expect(stranger.resume({ run, given: {} })).rejects.toMatchObject({ exitCode: 13 });
      expect(ran(scene)).toBe(false);
    },
  );
});

describe('an agent stays an agent', () => {
  const agentsAreDenied = `
rules:
  - name: no agents
    when: initiator.kind == "agent"
    deny: ask a person
`;

  test('whoever unsets RUNBOOK_AGENT before resuming', async () => {
    const scene = openScene({ runbook: gated, caller: { agent: 'deploy-bot' } });
    const { run } = await scene.exec();
    scene.trusted.policy = agentsAreDenied;
    await scene.decide(scene.people.robin, 'approve');
    const person = scene.service(undefined, { agent: undefined });
    const report = await person.drive(await person.resume({ run, given: {} }), driving(scene));
    expect(report).toMatchObject({ status: 'denied', exit_code: 13 });
    expect(ran(scene)).toBe(false);
  });

  test('from the moment it takes on the run of a person', async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    scene.trusted.policy = agentsAreDenied;
    await scene.decide(scene.people.robin, 'approve');
    const agent = scene.service(undefined, { agent: 'deploy-bot' });
    const report = await agent.drive(await agent.resume({ run, given: {} }), driving(scene));
    expect(report).toMatchObject({ status: 'denied', exit_code: 13 });
    expect(ran(scene)).toBe(false);
  });

  test('and its runs ask for a touch where an approval must be signed', async () => {
    const scene = openScene({
      runbook: gated,
      policy: 'floor: { assurance: A3 }',
      morePeople: withTouch,
      caller: { agent: 'deploy-bot' },
    });
    const { run } = await scene.exec();
    await expect(scene.decide(scene.people.robin, 'approve')).rejects.toMatchObject({
      code: 'assurance_too_low',
      message:
        'slot `floor` asks for A3 with a touch of a security key; this signature proves no touch',
    });
    await expectStillWaiting(scene, run);
  });
});

describe('what cannot be judged is a no', () => {
  const broken = [
    {
      name: 'a rule that fails',
      policy:
        'rules: [{ name: r, when: environment.vars.tier == "gold", require: { approvals: [] } }]',
    },
    {
      name: 'a rule that is no yes or no',
      policy: 'rules: [{ name: r, when: "dyn(step.id) == dyn(1) ? dyn(1) : dyn(\'x\')", deny: x }]',
    },
    {
      name: 'an empty group',
      policy: 'rules: [{ name: r, require: { approvals: [{ id: one, from: ["group:nobody"] }] } }]',
    },
    {
      name: 'more approvals than people',
      policy: 'rules: [{ name: r, require: { approvals: [{ id: one, count: 3, from: ["*"] }] } }]',
    },
  ];

  test.each(broken)('$name', async ({ policy }) => {
    const scene = openScene({ runbook: gated, policy });
    const exit = await scene.exec().then(
      (report) => report.exit_code,
      (error: unknown) => (error instanceof RunbookError ? error.exitCode : error),
    );
    expect(exit).toBe(13);
    expect(ran(scene)).toBe(false);
  });

  const refused = [
    ['an unknown key', 'rules: [{ name: r, allow: true }]'],
    ['relief', 'rules: [{ name: r, require: { approvals: [] }, relieve: true }]'],
    ['a lower floor under another name', 'flor: { assurance: A0 }'],
    ['an unknown level', 'floor: { assurance: A9 }'],
    [
      'a name that rules do not know',
      'rules: [{ name: r, when: enviroment.name == "prod", deny: x }]',
    ],
    [
      '`matches`, which can be made to take forever',
      `rules: [{ name: r, when: 'step.id.matches("(a+)+b")', deny: x }]`,
    ],
  ] as const;

  test.each(refused)('policy.yaml with %s is refused whole', async (_, policy) => {
    const scene = openScene({ runbook: gated, policy });
    await expect(scene.exec()).rejects.toMatchObject({ code: 'policy_invalid', exitCode: 2 });
    expect(ran(scene)).toBe(false);
  });
});

describe('in a protected environment', () => {
  const config = 'environments: { prod: { protected: true } }\ndefault_environment: prod\n';

  test('every step of a runbook from elsewhere is privileged', async () => {
    const scene = openScene({
      runbook: 'name: mine\nsteps:\n  - { id: harmless, run: echo ran >> ran.txt }\n',
      config,
    });
    const door = scene.service();
    const run = await door.start({
      source: {
        name: null,
        file: 'mine.yaml',
        dir: scene.dir,
        text: 'name: mine\nsteps:\n  - { id: harmless, run: echo ran >> ran.txt }\n',
        trusted: false,
      },
      given: {},
      environment: null,
      reason: null,
      ticket: null,
    });
    expect((await door.drive(run, driving(scene))).status).toBe('waiting');
    expect(ran(scene)).toBe(false);
  });

  test('no host may be reached that it does not list', async () => {
    const scene = openScene({
      runbook: 'name: out\nsteps:\n  - { id: out, http: GET http://127.0.0.1:9/x }\n',
      config,
      trusted: true,
    });
    expect(await scene.exec()).toMatchObject({ status: 'failed' });
  });
});
