import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { aScene, type Scene, writeKey } from './scene.ts';

/** One story, told in order: somebody acts alone, is held up, is reviewed. */
const scene: Scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

const policy = `
floor: { assurance: A3 }
break_glass:
  - name: night
    when: '"data" in step.tags'
    from: [ana]
    review: { from: [robin], within: 24h }
`;

const failover = `
name: failover
steps:
  - id: switch
    privileged: true
    tags: [data]
    run: echo switched
`;

const night = ['failover.yaml', '--break-glass', 'night'];
const why = ['--reason', 'payments are down'];

/** Ids, words, times and paths of this very story. */
function plain(text: string): string {
  return text
    .replaceAll(scene.dir, 'DIR')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'HASH')
    .replaceAll(/\b([a-z]+-){4}[0-9a-f]{8}\b/g, 'WORDS')
    .replaceAll(/\b(?=\w*\d)[0-9a-hjkmnp-tv-z]{16}\b/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/receipt: .*/g, 'receipt: FILE');
}

beforeAll(async () => {
  writeKey(scene, 'ana');
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana', '--ssh-key', 'ana.pub');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
  scene.write('config/policy.yaml', policy);
  scene.write('failover.yaml', failover);
});

test('plan says who acts, who reviews, and which rule is lifted', async () => {
  const { stdout } = await scene.run('plan', ...night, ...why);
  expect(stdout.replace(/ {2,}/g, '  ')).toContain(
    '  BREAK-GLASS  by night: whoever signs acts alone\n  review  owed within 1d of its start, by somebody else from `robin`\n',
  );
  scene.write(
    'config/policy.yaml',
    `${policy}rules:\n  - name: frozen\n    deny: nothing changes\n    override: { approvals: [{ id: manager, from: [robin] }] }\n`,
  );
  const lifting = await scene.run('plan', 'failover.yaml', '--override', 'frozen', ...why);
  expect(lifting.stdout).toContain('the rule frozen, which denies it\n');
  scene.write('config/policy.yaml', policy);
});

describe('break-glass', () => {
  test('says before the run what is wrong with it', async () => {
    const unknown = await scene.run('exec', 'failover.yaml', '--break-glass', 'nigth', ...why);
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      'error: policy has no break-glass rule `nigth`\nhint: did you mean `night`?\n',
    ]);
    const silent = await scene.run('exec', ...night);
    expect([silent.exitCode, silent.stderr]).toEqual([
      2,
      'error: `--break-glass` takes a reason\nhint: say why: `--reason TEXT`\n',
    ]);
    const agent = scene.with({ env: { RUNBOOK_AGENT: 'deploy-bot' } });
    const refused = await agent.run('exec', ...night, ...why);
    expect([refused.exitCode, refused.stderr]).toEqual([
      13,
      'error: `agent:deploy-bot` is not a person: only a person breaks the glass, since only a person can answer for it\nhint: a person starts this run, in a session of their own\n',
    ]);
    const alone = await scene.run('exec', 'failover.yaml', '--key', 'ana.pem');
    expect([alone.exitCode, alone.stderr]).toEqual([
      2,
      'error: `--key` goes with `--as NAME` or `--break-glass RULE`: nobody else signs their own run\n',
    ]);
    expect((await scene.run('runs')).stdout).toBe('');
  });

  test('signs, runs and says so in one command', async () => {
    const { exitCode, stdout, stderr } = await scene.run(
      'exec',
      ...night,
      ...why,
      '--key',
      'ana.pem',
    );
    expect([exitCode, plain(stdout)]).toEqual([0, 'ID succeeded\n']);
    expect(stderr).toContain('BREAK-GLASS: whoever signs acts alone');
    expect(stderr).toContain('within 1d of its start, by somebody else from `robin`');
    expect(plain(stderr).split('╰─\n').at(-1)).toMatchInlineSnapshot(`
      "
      BREAK-GLASS: signed by ana; once it starts, somebody else owes a review
      receipt: FILE
        BREAK-GLASS: a review is owed in night@local from now on
      ● switch
          switched
        ok 0.0s

      "
    `);
    expect((await scene.run('runs')).stdout).toMatch(/BREAK-GLASS by night\n$/);
  });

  test('shows what is owed, and holds up the next', async () => {
    const { stdout, stderr } = await scene.run('break-glass', 'list');
    expect(plain(stdout + stderr)).toMatchInlineSnapshot(`
      "ID  review due in 1d  night@local  failover switch by ana: payments are down

      review one: runbook break-glass review ID --finding justified --reason TEXT --key FILE (or unjustified)
      "
    `);
    const held = await scene.run('exec', ...night, ...why);
    expect([held.exitCode, plain(held.stderr)]).toMatchInlineSnapshot(`
      [
        13,
        "error: a review of request \`ID\` is owed in \`night@local\` since TIME
      hint: \`runbook break-glass review ID --finding justified --reason TEXT --key FILE\`, or \`unjustified\`
      ",
      ]
    `);
    const { stdout: status } = await scene.run('status');
    expect(plain(status)).toMatchInlineSnapshot(`
      "failover in local, run ID
      BREAK-GLASS by night
      succeeded

        succeeded  switch  0.0s

      switch: review due in 1d
        runbook break-glass review ID --finding justified --reason TEXT
        (or --finding unjustified)
      "
    `);
    const doctor = await scene.run('doctor');
    expect(plain(doctor.stdout).replaceAll(/\s+/g, ' ')).toContain(
      '1 review is owed: `ID` in `night@local` by TIME',
    );
  });

  test('takes no review by whoever acted', async () => {
    const { stdout } = await scene.run('break-glass', 'list', '--json');
    const { break_glass } = JSON.parse(stdout) as { break_glass: { request: string }[] };
    const found = ['--finding', 'justified', '--reason', 'it had to be'];
    const request = break_glass[0]?.request ?? '';
    const own = await scene.run('break-glass', 'review', request, ...found, '--key', 'ana.pem');
    expect([own.exitCode, own.stderr.split('\n').find((line) => line.startsWith('error'))]).toEqual(
      [13, 'error: this key belongs to nobody who may decide here (`robin`)'],
    );
    const none = await scene.run('break-glass', 'review', request, ...found);
    expect([none.exitCode, none.stderr]).toEqual([
      2,
      `error: this takes a signature with your own key, and no key is named\nhint: \`runbook break-glass review ${request} … --key ~/.ssh/id_ed25519\`, or \`runbook break-glass review ${request} … --ssh-agent\`\n`,
    ]);
  });

  test('is reviewed by somebody else, who sees what ran and keeps a receipt', async () => {
    const { stdout } = await scene.run('break-glass', 'list', '--json');
    const { break_glass } = JSON.parse(stdout) as { break_glass: { request: string }[] };
    const review = [
      'break-glass',
      'review',
      break_glass[0]?.request ?? '',
      '--finding',
      'unjustified',
      '--reason',
      'a call would have done',
      '--key',
      'robin.pem',
    ];
    const { exitCode, stderr, stdout: said } = await scene.run(...review);
    expect([exitCode, said]).toEqual([0, 'unjustified, reviewed by robin\n']);
    expect(stderr).toContain('break_glass/night: asks for 1, from');
    expect(stderr).not.toMatch(/missing|left\)/);
    expect(stderr).toContain('╭─ request');
    expect(
      plain(stderr)
        .split('╰─\n')
        .at(-1)
        ?.replaceAll(/\d+\.\ds/g, 'SPAN'),
    ).toMatchInlineSnapshot(`
      "
      What ran
        acted    ana
        started  TIME
        switch   succeeded, exit 0, SPAN
        switch stdout
          switched

      receipt: FILE
      nothing is owed for it any more in night@local
      "
    `);
    const receipt = /receipt: (.*)/.exec(stderr)?.[1] ?? '';
    expect(
      JSON.parse(readFileSync(join(scene.dir, receipt.replace(scene.dir, '')), 'utf8')),
    ).toMatchObject({
      namespace: 'review@runbook/v1',
    });
    const again = await scene.run(...review, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ duplicate: true, receipt: null });
    expect((await scene.run('break-glass', 'list')).stderr).toBe('no review is owed\n');
    expect((await scene.run('audit', 'verify', '--receipt', receipt)).exitCode).toBe(0);
    expect((await scene.run('exec', ...night, ...why, '--key', 'ana.pem')).exitCode).toBe(0);
  });
});
