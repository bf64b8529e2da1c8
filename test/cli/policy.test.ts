import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as app from '../../src/app.ts';
import type { LoadApp } from '../../src/cli/cli.ts';
import type { PolicyExplainReport } from '../../src/engine/policy/reports.ts';
import { policyTools } from '../../src/engine/policy/tools.ts';
import { openScene } from '../support/scene.ts';
import { aScene, fixedMs, type Scene } from './scene.ts';

const people = `people:
  - { name: ana, groups: [sre], agents: [deploy-bot] }
  - { name: bob, groups: [sre] }
  - { name: carol, groups: [data_owners] }
`;

const policy = `rules:
  - name: production data
    when: environment.name == "prod" && "data" in step.tags
    require:
      approvals:
        - { id: peer, from: [group:sre] }
        - { id: owner, from: [group:data_owners], assurance: A3 }
  - name: weekend
    when: initiator.kind == "agent" && now.getDayOfWeek("Europe/Berlin") in [0, 6]
    deny: wait for Monday
`;

const cases = `policy: ./policy.yaml
people: ./people.yaml
cases:
  - name: two teams for production data
    given: { environment: prod, step: { tags: [data] }, initiator: { person: ana } }
    expect: ask
    rules: [production data]
    slots: [production data/peer, production data/owner]
    eligible: { production data/peer: [bob], production data/owner: [carol] }
    decisions: [{ person: bob, assurance: A1 }, { person: carol, assurance: A3 }]
    granted: true
  - name: the owner signs
    given: { environment: prod, step: { tags: [data] }, initiator: { person: ana } }
    expect: ask
    decisions: [{ person: bob, assurance: A1 }, { person: carol, assurance: A1 }]
    granted: false
    missing: [production data/owner]
  - name: agents rest at weekends
    given: { step: {}, initiator: { agent: deploy-bot }, at: 2026-03-01T10:00:00Z }
    expect: deny
    rules: [weekend]
  - name: anything else needs nobody
    given: { step: {}, initiator: { agent: deploy-bot } }
    expect: none
`;

function aCompany(files: Readonly<Record<string, string>> = {}): Scene {
  const scene = aScene();
  onTestFinished(() => scene.close());
  const all = { 'rules/people.yaml': people, 'rules/policy.yaml': policy, ...files };
  for (const [file, text] of Object.entries(all)) {
    scene.write(file, text);
  }
  return scene;
}

describe('policy test', () => {
  test('says one line a case, and exits with 0 where all of them hold', async () => {
    const scene = aCompany({ 'rules/cases.yaml': cases });
    expect(await scene.run('policy', 'test', 'rules/cases.yaml')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `ok two teams for production data
ok the owner signs
ok agents rest at weekends
ok anything else needs nobody

4 passed, 0 failed
`,
    });
  });

  test('says what differs, and exits with 1', async () => {
    const wrong = cases
      .replace('expect: none', 'expect: deny')
      .replace('production data/owner: [carol]', 'production data/owner: [bob]')
      .replace('granted: false', 'granted: true');
    const scene = aCompany({ 'rules/cases.yaml': wrong });
    const { exitCode, stdout } = await scene.run('policy', 'test', 'rules/cases.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toBe(`failed two teams for production data (rules/cases.yaml:4)
   eligible for \`production data/owner\`: expected \`bob\`, got \`carol\`
failed the owner signs (rules/cases.yaml:12)
   granted: expected true, but it lacks \`production data/owner\`
ok agents rest at weekends
failed anything else needs nobody (rules/cases.yaml:22)
   expected \`deny\`, but it is \`none\`

1 passed, 3 failed
`);
  });

  test('says everything that is wrong in a table, with its place', async () => {
    const scene = aCompany({
      'rules/cases.yaml': `cases:
  - name: a
    given: { step: { tag: [x] }, initiator: { actor: github/ana } }
    expect: allow
`,
    });
    const { exitCode, stderr } = await scene.run('policy', 'test', 'rules/cases.yaml');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('rules/cases.yaml:3:22: unknown key `tag`');
    expect(stderr).toContain('rules/cases.yaml:3:47: `initiator` needs a `person`');
    expect(stderr).toContain('rules/cases.yaml:4:13: `expect` must be');
  });

  test('a name that nobody has fails its case, whatever the case expects', async () => {
    const slip = cases.replace(
      'granted: false\n    missing: [production data/owner]',
      'granted: false',
    );
    const scene = aCompany({ 'rules/cases.yaml': slip.replaceAll('person: bob', 'person: bbo') });
    const { exitCode, stdout } = await scene.run('policy', 'test', 'rules/cases.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      'failed the owner signs (rules/cases.yaml:12)\n   there is no person `bbo`\n',
    );
  });

  test('asks the trusted files where a table names none', async () => {
    const scene = aCompany({
      'config/people.yaml': people,
      'config/policy.yaml': policy,
      'cases.yaml': cases.split('\n').slice(2).join('\n'),
    });
    const { exitCode, stdout } = await scene.run('policy', 'test', 'cases.yaml', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 4, failed: 0 });
  });

  test('a start that nobody answers for is denied, as it would be', async () => {
    const scene = aCompany({
      'rules/cases.yaml': `policy: ./policy.yaml
people: ./people.yaml
cases:
  - name: an agent without an owner
    given: { step: { privileged: true }, initiator: { agent: stray } }
    expect: deny
`,
    });
    expect((await scene.run('policy', 'test', 'rules/cases.yaml')).exitCode).toBe(0);
  });
});

describe('policy check', () => {
  test('says what is most likely not meant, with its place', async () => {
    const scene = aCompany({
      'config/people.yaml': people,
      'config/config.yaml': 'environments: { prod: { protected: true } }\n',
      'config/policy.yaml': `rules:
  - name: exports
    when: environment.name == "prd"
    require:
      approvals: [{ id: owner, from: [group:data_owner] }]
`,
    });
    const { exitCode, stdout, stderr } = await scene.run('policy', 'check');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`policy.yaml:3:31  \`exports\`: there is no environment \`prd\`
                  hint: did you mean \`prod\`?
policy.yaml:5:7  \`exports\`: slot \`exports/owner\` needs 1 approval from \`group:data_owner\`, but 0
                 people are eligible
                 hint: enrol somebody, or ask others too: \`runbook people add NAME --group
                 data_owner --ssh-key FILE.pub\`, or for a passkey \`runbook passkey invite NAME\`
policy.yaml:5:39  \`exports\`: nobody is in \`group:data_owner\`
                  hint: did you mean \`group:data_owners\`?
3 warnings
`);
    expect((await scene.run('policy', 'check', '--strict')).exitCode).toBe(1);
  });

  test('looks at files that are not in force yet', async () => {
    const scene = aCompany({
      'config/policy.yaml': 'rules: [{ name: a, when: "false", deny: no }]',
    });
    const files = ['--policy', 'rules/policy.yaml', '--people', 'rules/people.yaml'];
    const { exitCode, stdout } = await scene.run('policy', 'check', ...files, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      findings: [
        { kind: 'name_unknown', rule: 'production data', line: 3, column: 31 },
        { kind: 'slot_unfillable', rule: 'production data' },
      ],
    });
  });

  test('a repair can be checked while what is in force is broken', async () => {
    const broken = 'rules: [{ name: a, allow: true }]';
    const scene = aCompany({ 'config/policy.yaml': broken, 'config/people.yaml': people });
    const fixed = ['--policy', 'rules/policy.yaml'];
    expect((await scene.run('policy', 'check')).stderr).toContain('policy.yaml:1:20');
    expect(await scene.run('policy', 'check', ...fixed)).toMatchObject({ exitCode: 0, stderr: '' });
    scene.write('config/config.yaml', 'environments: 7');
    scene.write('config/people.yaml', 'people: 7');
    scene.write('config.yaml', 'environments: { prod: {} }');
    const all = [...fixed, '--people', 'rules/people.yaml', '--config', 'config.yaml'];
    const { exitCode, stdout } = await scene.run('policy', 'check', ...all);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 warning');
  });

  test('knows the parameters of the runbooks there are', async () => {
    const scene = aCompany({
      'config/policy.yaml': `grants:
  - name: flush
    vary: { shard: { type: integer, min: 1, max: 9 }, shrad: { type: integer, min: 1, max: 9 } }
    max_uses: 3
    for: 1h
`,
      'runbooks/flush.yaml': `name: flush
params: { shard: { type: integer } }
steps: [{ id: flush, exec: 'true' }]
`,
    });
    const found = scene.with({ env: { RUNBOOK_PATH: join(scene.dir, 'runbooks') } });
    const { stdout } = await found.run('policy', 'check', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [
        {
          kind: 'vary_unknown',
          rule: 'flush',
          line: 3,
          message: 'no runbook has a parameter `shrad`',
        },
      ],
    });
  });

  test('what is written wrong is an error', async () => {
    const scene = aCompany({ 'new.yaml': 'rules: [{ name: a, allow: true }]' });
    const { exitCode, stderr } = await scene.run('policy', 'check', '--policy', 'new.yaml');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('new.yaml:1:20: unknown key `allow`');
  });
});

describe('policy explain', () => {
  const runbook = `name: export
steps:
  - { id: look, exec: 'true' }
  - { id: export, exec: 'true', tags: [data], privileged: true }
`;
  const rules = `calendars:
  freeze: { timezone: UTC, windows: [{ from: 2026-12-20T00:00, to: 2027-01-03T00:00 }] }
rules:
  - name: freeze
    during: [freeze]
    when: step.privileged
    deny: nothing changes over the holidays
    override: { approvals: [{ id: head, from: [carol] }] }
  - name: production data
    when: environment.name == "prod" && "data" in step.tags
    require: { approvals: [{ id: owner, from: [group:sre, carol] }] }
`;
  const files = {
    'config/people.yaml': people,
    'config/policy.yaml': rules,
    'config/config.yaml': 'environments: { prod: {} }\n',
    'export.yaml': runbook,
  };

  test('says which rules have a say, who can approve, and who cannot', async () => {
    const scene = aCompany(files);
    const argv = [
      'export.yaml',
      '-e',
      'prod',
      '--as',
      'ana',
      '--step',
      'export',
      '--at',
      '2026-03-01T10:00:00Z',
    ];
    const { exitCode, stdout, stderr } = await scene.run('policy', 'explain', ...argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`export in prod
at          2026-03-01T10:00:00.000Z
started by  person
            caller token:as-if (ana)

● export
  does      true
  verdict   needs 1 approval at \`A1\` from \`group:sre\` or \`carol\` (\`production data/owner\`; eligible:
            bob, carol)
            waits 30m for decisions; an approval holds 10m
            rule \`production data\` matched
  kept out  ana from \`production data/owner\`: stands behind the run, as \`caller\` \`token:as-if\`
  rule      \`freeze\` does not match at this time
              when step.privileged
              during \`freeze\` (closed)
            \`production data\` matches
              when environment.name == "prod" && "data" in step.tags
`);
  });

  test('says what would lift a denial, at a time that is asked about', async () => {
    const scene = aCompany(files);
    const argv = ['export.yaml', '-e', 'prod', '--as', 'ana', '--at'];
    const { stdout } = await scene.run(
      'policy',
      'explain',
      ...argv,
      '2026-12-24T22:00:00Z',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      initiator: { kind: 'person', chain: [{ person: 'ana' }] },
      steps: [
        { id: 'look', verdict: { kind: 'none' }, reliefs: [] },
        {
          id: 'export',
          verdict: { kind: 'deny' },
          reliefs: [{ flag: '--override freeze', meaning: 'asks `carol` to lift it for one run' }],
          rules: [{ outcome: 'matched' }, { outcome: 'matched' }],
        },
      ],
    });
  });

  test('offers an agent nothing that only a person may ask for, and nobody what is given', async () => {
    const night = `break_glass:
  - { name: night, from: [ana], review: { from: [bob], within: 2h } }
`;
    const scene = aCompany({ ...files, 'config/policy.yaml': `${rules}${night}` });
    const explain = async (...argv: readonly string[]): Promise<unknown> => {
      const at = ['--at', '2026-12-24T22:00:00Z', '--step', 'export', '--json'];
      const words = ['policy', 'explain', 'export.yaml', '-e', 'prod', ...argv, ...at];
      const report = JSON.parse((await scene.run(...words)).stdout) as { steps: unknown[] };
      return report.steps[0];
    };
    expect(await explain('--as', 'ana')).toMatchObject({
      reliefs: [{ flag: '--override freeze' }, { flag: '--break-glass night' }],
      relief_refused: null,
    });
    expect(await explain('--agent', 'deploy-bot')).toMatchObject({
      reliefs: [],
      relief_refused: expect.stringContaining('only a person') as string,
    });
    const given = ['--break-glass', 'night', '--reason', 'fire'];
    expect(await explain('--as', 'ana', ...given)).toMatchObject({ reliefs: [] });
  });

  test('says how the chain was read where a rule has a say in one way alone', async () => {
    const asked = 'rules: [{ name: people, when: initiator.kind == "person", deny: ask an agent }]';
    const scene = aCompany({ ...files, 'config/policy.yaml': asked });
    const argv = ['policy', 'explain', 'export.yaml', '--as', 'ana', '--json'];
    const explain = async (...more: string[]): Promise<unknown> => {
      const { stdout } = await scene.run(...argv, ...more);
      return (JSON.parse(stdout) as PolicyExplainReport).steps[0]?.rules[0];
    };
    expect(await explain()).toMatchObject({ outcome: 'matched', note: null });
    expect(await explain('--agent', 'deploy-bot')).toMatchObject({
      outcome: 'matched',
      note: 'seen as person with `ana` behind it',
    });
  });

  test('takes every time that `exec --at` takes', async () => {
    const scene = aCompany(files);
    const now = fixedMs;
    for (const [text, fits] of [
      ['+2h', (ms: number) => ms >= now + 7_200_000 && ms < now + 7_300_000],
      ['22:00', (ms: number) => ms > now && new Date(ms).getHours() === 22],
      ['2026-03-01 10:00', (ms: number) => new Date(ms).getMonth() === 2],
    ] as const) {
      const argv = ['policy', 'explain', 'export.yaml', '--at', text, '--json'];
      const { stdout } = await scene.run(...argv);
      expect(fits(Date.parse((JSON.parse(stdout) as { at: string }).at))).toBe(true);
    }
  });

  test('does not open the journal', async () => {
    const scene = aCompany(files);
    await scene.run('policy', 'explain', 'export.yaml');
    expect(existsSync(join(scene.dir, 'state'))).toBe(false);
  });

  test.each([
    [['--as', 'zoe'], 'there is no person `zoe`'],
    [['--step', 'nope'], 'has no step `nope`'],
    [['--at', 'tomorrow'], '`tomorrow` is not a time'],
  ])('refuses %s', async (flags, message) => {
    const { exitCode, stderr } = await aCompany(files).run(
      'policy',
      'explain',
      'export.yaml',
      ...flags,
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('policy diff', () => {
  async function aJournal() {
    const journal = openScene({
      runbook: `name: restart
steps:
  - { id: look, exec: 'true' }
  - { id: restart, exec: 'true', privileged: true, tags: [data] }
`,
    });
    const { run } = await journal.exec();
    await journal.decide(journal.people.robin, 'approve');
    expect((await journal.resume(run)).status).toBe('succeeded');
    const scene = aCompany();
    const tools = policyTools(journal.engine(), journal.elsewhere);
    const loadApp: LoadApp = async () => ({
      ...app,
      openApp: () => ({
        service: journal.service(),
        policyTools: tools,
        close: async () => undefined,
      }),
    });
    return { journal, run, scene: scene.with({ loadApp, clock: journal.clock }) };
  }

  test('shows which decisions other rules would have decided otherwise', async () => {
    const { run, scene } = await aJournal();
    scene.write(
      'new.yaml',
      `rules:
  - name: owner
    when: '"data" in step.tags'
    require: { approvals: [{ id: owner, from: [group:data] }] }
`,
    );
    const said = await scene.run('policy', 'diff', '--policy', 'new.yaml', '--exit-code', '--json');
    expect(said.exitCode).toBe(1);
    expect(JSON.parse(said.stdout)).toMatchObject({
      runs: 1,
      decisions: 3,
      skipped: [],
      differences: [
        {
          run,
          step: 'restart',
          was: 'asks 1 for `floor` at A1 of robin, kim',
          would_be: 'asks 1 for `owner/owner` at A1 of kim',
        },
        { step: 'restart', was: 'granted', would_be: 'not granted: lacks 1 for `owner/owner`' },
      ],
    });
  });

  test('says that nothing would differ under the rules in force', async () => {
    const { scene } = await aJournal();
    const { exitCode, stdout } = await scene.run('policy', 'diff', '--exit-code');
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: '0 of 3 decisions in 1 runs would differ\n',
    });
  });

  test('shows what would have been denied, and what would have needed nobody', async () => {
    const { scene, journal } = await aJournal();
    scene.write('new.yaml', 'rules: [{ name: never, when: \'step.id == "look"\', deny: no }]');
    const { stdout } = await scene.run('policy', 'diff', '--policy', 'new.yaml');
    expect(stdout).toContain('was       nobody is asked');
    expect(stdout).toContain('would be  denied by `never`');
    expect(stdout).toContain('1 of 3 decisions in 1 runs would differ');
    journal.trusted.policy = 'rules: [{ name: never, when: \'step.id == "look"\', deny: no }]';
    await journal.exec();
    scene.write('empty.yaml', '');
    const loosened = await scene.run('policy', 'diff', '--policy', 'empty.yaml', '--since', '1h');
    expect(loosened.stdout).toContain('was       denied by `never`');
    expect(loosened.stdout).toContain('would be  nobody is asked');
  });

  test('changes nothing', async () => {
    const { scene, journal } = await aJournal();
    const before = (await journal.engine().store.head()).size;
    await scene.run('policy', 'diff', '--policy', 'rules/policy.yaml');
    expect((await journal.engine().store.head()).size).toBe(before);
  });
});
