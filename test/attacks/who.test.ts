import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Caller } from '../../src/approval/people/initiator.ts';
import type { SignedStatement } from '../../src/approval/statement/statement.ts';
import type { RunId } from '../../src/base/ids.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { StartInput } from '../../src/engine/service.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { click, issueToken } from '../support/click.ts';
import { driving, openScene, type Scene, type SceneOptions } from '../support/scene.ts';
import { execAs, signResume, signStart, startOf } from '../support/signed-start.ts';
import { aKey, forgeDecision, forgeResolution, leaveUnknown } from './forge.ts';

const host = hostname();

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo "it ran"
    retry: 3
`;

/** One way for a person to stand on both sides. */
interface Way {
  readonly name: string;
  readonly caller?: Partial<Caller>;
  /** Changes to people.yaml; `{key}` is a further key of the same person. */
  readonly people?: (text: string, key: string) => string;
  /** Who signs, and as whom: ana's own key unless said otherwise. */
  readonly sign?: 'further';
  readonly person?: string;
  /** What is started: the runbook, unsigned, unless said otherwise. */
  readonly start?: (scene: Scene) => Promise<StartInput>;
  /** What happens to the run before the attempt. */
  readonly before?: (scene: Scene, run: RunId) => Promise<unknown>;
}

/** Accounts of machines: an agent's, a job's, and one that several people share. */
const bot = { osUser: `bot@${host}` };
const runner = { osUser: `runner@${host}` };
const shared = { osUser: `ops@${host}` };

const withAccounts = (text: string): string =>
  text.replace(
    '[deploy-bot]',
    `[{ id: deploy-bot, os_users: [bot@${host}] }, { id: "ci:github/acme/infra", os_users: ["runner@*"] }, ci:github/ana]`,
  );

const ways: readonly Way[] = [
  { name: 'with the own key' },
  {
    name: 'with another key of the same person',
    people: (text, key) => text.replace(/(name: ana.*ssh_keys: \[)/, `$1"${key}", `),
    sign: 'further',
  },
  {
    name: 'after starting it as another OS user of theirs',
    caller: { osUser: `ana-admin@${host}` },
    people: (text) => text.replace(`ana@${host}`, `ana@${host}, ana-admin@${host}`),
  },
  { name: 'after starting it with sudo', caller: { osUser: `root@${host}`, sudoUser: 'ana' } },
  {
    name: 'as the owner of the agent whose account started it',
    caller: bot,
    people: withAccounts,
  },
  { name: 'as the owner of the agent they named', caller: { agent: 'deploy-bot' } },
  {
    name: 'as the owner of the CI job whose account started it',
    caller: runner,
    people: withAccounts,
  },
  {
    name: 'as the person who set off the CI job',
    caller: { ...runner, ci: { identity: 'github/acme/infra', actor: 'github/ana' } },
    people: (text) =>
      `${text.replace('deploy-bot', 'ci:github/ana')}\n  - { name: zoe, agents: [{ id: "ci:github/acme/infra", os_users: ["runner@*"] }] }`,
  },
  {
    name: 'as whom an agent of somebody else did it for',
    caller: { ...bot, onBehalfOf: 'ana' },
    people: (text) =>
      `${text.replace(', agents: [deploy-bot]', '')}\n  - { name: zoe, agents: [{ id: deploy-bot, os_users: [bot@${host}] }] }`,
  },
  {
    name: 'after signing the start from an account of several',
    caller: shared,
    start: (scene) => signStart(scene, scene.people.ana.signer, { person: 'ana' }),
  },
  {
    name: 'after signing the start beside a colleague who calls',
    caller: { osUser: `zoe@${host}` },
    people: (text) => `${text}\n  - { name: zoe, os_users: [zoe@${host}] }`,
    start: (scene) => signStart(scene, scene.people.ana.signer, { person: 'ana' }),
  },
  {
    name: 'after signing a resumption from an account of several',
    caller: { osUser: `zoe@${host}` },
    people: (text) => `${text}\n  - { name: zoe, os_users: [zoe@${host}] }`,
    before: async (scene, run) =>
      scene.service(undefined, shared).resume({
        run,
        given: {},
        signed: await signResume(scene, scene.people.ana.signer, { person: 'ana', run }),
      }),
  },
  {
    name: "after their agent's account resumed it",
    caller: { osUser: `zoe@${host}` },
    people: (text) => `${withAccounts(text)}\n  - { name: zoe, os_users: [zoe@${host}] }`,
    before: (scene, run) => scene.service(undefined, bot).resume({ run, given: {} }),
  },
  ...(
    [
      ['with a token of theirs', { kind: 'person', id: 'ana' }],
      ['as the owner of the agent whose token it was', { kind: 'agent', id: 'deploy-bot' }],
      ['as the owner of the job whose token it was', { kind: 'ci', id: 'github/acme/infra' }],
    ] as const
  ).map(
    ([name, holder]): Way => ({
      name,
      caller: { token: 'a0a0a0a0a0a0a0a0', holder },
      people: withAccounts,
      start: async (scene) => {
        await issueToken(scene, { token: 'a0a0a0a0a0a0a0a0', holder, scopes: ['start'] });
        return startOf(scene);
      },
    }),
  ),
  {
    name: 'after resuming it',
    caller: { osUser: `zoe@${host}` },
    people: (text) => `${text}\n  - { name: zoe, os_users: [zoe@${host}] }`,
    before: (scene, run) =>
      scene.service(undefined, { osUser: `ana@${host}` }).resume({ run, given: {} }),
  },
  {
    name: 'after the account that started it was taken out of people.yaml',
    before: async (scene) => {
      scene.trusted.people = scene.trusted.people.replace(`os_users: [ana@${host}], `, '');
    },
  },
  {
    name: 'after renaming themselves in people.yaml',
    person: 'anna',
    before: async (scene) => {
      scene.trusted.people = scene.trusted.people.replace('name: ana,', 'name: anna,');
    },
  },
];

async function open(way: Way): Promise<{ scene: Scene; signer: ApproverSigner }> {
  const options: SceneOptions = { runbook: gated };
  const scene = openScene(way.caller === undefined ? options : { ...options, caller: way.caller });
  const further = aKey();
  scene.trusted.people =
    way.people?.(scene.trusted.people, further.publicKey) ?? scene.trusted.people;
  return { scene, signer: way.sign === 'further' ? further : scene.people.ana.signer };
}

async function exec(scene: Scene, { start }: Way): Promise<RunReport> {
  return execAs(scene, {}, (await start?.(scene)) ?? startOf(scene));
}

describe.each(ways)('nobody behind a run decides about it $name', (way) => {
  const person = way.person ?? 'ana';

  test.each(['approve', 'reject', 'revoke'] as const)('%s', async (decision) => {
    const { scene, signer } = await open(way);
    const { run } = await exec(scene, way);
    await way.before?.(scene, run);
    const signed = await forgeDecision(scene, signer, { person, decision, reason: 'mine' });
    await expectRefused(scene, () => scene.service().decide(signed, 'cli'));
    expect((await scene.service().status(run)).status).toBe('waiting');
  });

  test('a click in Slack', async () => {
    const { scene } = await open(way);
    const { run } = await exec(scene, way);
    await way.before?.(scene, run);
    await expectRefused(scene, () => click(scene, { by: 'ana' }));
    expect((await scene.service().status(run)).status).toBe('waiting');
  });

  test('resolve', async () => {
    const { scene, signer } = await open(way);
    const { run } = await exec(scene, way);
    await scene.decide(scene.people.robin, 'approve');
    await leaveUnknown(scene, run);
    await way.before?.(scene, run);
    const signed = await forgeResolution(scene, signer, { run, step: 'restart', person });
    await expectRefused(scene, () => settle(scene, run, signed));
  });
});

const agent = { agent: 'deploy-bot' };
const job = { ci: { identity: 'github/acme/infra', actor: 'github/zoe' } };
const zoe = `  - { name: zoe, agents: [rogue, ci:github/acme/infra, ci:github/zoe] }`;

/** A rule that matches whoever starts it first, and what they or somebody else then say to escape it. */
const escapes: readonly {
  readonly name: string;
  readonly when: string;
  readonly caller: Partial<Caller>;
  readonly resumer?: Partial<Caller>;
}[] = [
  { name: 'a person, an agent by a variable', when: 'kind == "person"', caller: agent },
  { name: 'a person, a job by variables', when: 'kind == "person"', caller: job },
  { name: 'a job, an agent besides', when: 'kind == "ci"', caller: { ...job, ...agent } },
  { name: 'a person, resumed by an agent', when: 'kind == "person"', caller: {}, resumer: agent },
  { name: 'a person, then a job', when: 'kind == "ci"', caller: {}, resumer: job },
  {
    name: 'one agent behind another',
    when: 'agent == "rogue"',
    caller: agent,
    resumer: { agent: 'rogue' },
  },
  {
    name: 'one job behind another',
    when: 'ci == "github/acme/infra"',
    caller: { ci: { identity: 'github/x' } },
    resumer: job,
  },
  { name: 'no agent, and then one', when: 'agent == null', caller: agent },
  {
    name: 'without somebody who is named',
    when: '!("zoe" in people)',
    caller: { onBehalfOf: 'zoe' },
  },
  {
    name: 'without somebody, by `SUDO_USER`',
    when: '!("zoe" in people)',
    caller: { sudoUser: 'zoe' },
  },
  { name: 'without the owner of an agent', when: '!("zoe" in people)', caller: { agent: 'rogue' } },
  { name: 'without whoever set off a job', when: '!("zoe" in people)', caller: {}, resumer: job },
];

describe.each(escapes)('no claim escapes a rule: $name', ({ when, caller, resumer }) => {
  const seen = when.replace(/\b(kind|agent|ci|people)\b(?= ==|\))/, 'initiator.$1');
  const start = async (rule: string): Promise<RunReport> => {
    const people = zoe.replace('name: zoe', `name: zoe, os_users: [zoe@${host}]`);
    const policy = `rules: [{ name: r, when: '${seen} && step.privileged', ${rule} }]`;
    const scene = openScene({ runbook: gated, caller, policy, morePeople: people });
    const service = scene.service();
    const run = await service.start(startOf(scene));
    if (resumer !== undefined) {
      await scene.service(undefined, resumer).resume({ run, given: {} });
    }
    return service.drive(run, driving(scene));
  };

  test('that denies', async () => {
    const run = start('deny: never');
    await expect(run.then(({ status }) => status)).resolves.toBe('denied');
  });

  test('that asks for more', async () => {
    const { requests } = await start(`require: { approvals: [{ id: more, from: [robin] }] }`);
    expect(requests[0]?.missing.map(({ slot }) => slot)).toEqual(['r/more']);
  });
});

test('a claim gets nobody a grant that is not for them', async () => {
  const policy = `grants: [{ name: bots, when: 'initiator.kind == "agent"', max_uses: 2, for: 1h }]`;
  const scene = openScene({ runbook: gated, caller: agent, policy });
  const asked = execAs(scene, {}, startOf(scene, { reuse: 'bots' }));
  await expect(asked).rejects.toMatchObject({ code: 'rule_unmatched' });
});

function settle(scene: Scene, run: RunId, signed: SignedStatement | null) {
  return scene
    .service()
    .resolve({ run, step: 'restart', outcome: 'retry', reason: 'I looked', signed });
}

async function expectRefused(scene: Scene, attempt: () => Promise<unknown>): Promise<void> {
  const { size } = await scene.engine().store.head();
  await expect(attempt()).rejects.toMatchObject({ code: 'self_approval', exitCode: 13 });
  const [last] = await scene.service().auditLog({ run: null, limit: 1 });
  expect(last?.type).not.toBe('approval.decided');
  // Nothing but, perhaps, the entry that says that people.yaml changed.
  expect((await scene.engine().store.head()).size).toBeLessThanOrEqual(size + 1);
}
