import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { aScene, type Scene } from './scene.ts';

const scene: Scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  await scene.run('init', '--person', 'ana');
  scene.write(
    'check.yaml',
    `name: check
steps:
  - id: look
    name: Look at the graph
    manual: Writes on the shard are zero in Grafana.
    ask: { leader: { type: string, enum: [db1, db2] } }
  - { id: use, exec: "echo leader \${{ steps.look.outputs.leader }}" }
`,
  );
});

describe('runbook done', () => {
  test('a run says what is to be done, and goes on with what was said', async () => {
    const begun = await scene.run('exec', './check.yaml');
    const run = begun.stdout.split(' ')[0] ?? '';
    expect(begun).toEqual({
      exitCode: 10,
      stdout: `${run} waiting\n`,
      stderr: `check in local, run ${run}

◆ look  Look at the graph
  needs a person
  Writes on the shard are zero in Grafana.
  then: runbook done ${run} look

asks for leader: string, required, one of db1, db2
next: runbook done ${run} look -o leader=…
`,
    });
    expect((await scene.run('status')).stdout).toContain(`step      look
to do     Writes on the shard are zero in Grafana.
asks for  leader: string, required, one of db1, db2

next: runbook done ${run} look -o leader=…
`);
    expect(await scene.run('done', run, 'look', '-o', 'leader=db9')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: step \`look\`: \`leader\` must be one of db1, db2, not \`db9\` (did you mean \`db1\`?)
hint: give each with \`-o key=value\`
`,
    });
    const values = scene.with({ stdin: 'leader=db2\n' });
    const done = await values.run('done', run, 'look', '--output-file', '-', '--note', 'at 10:04');
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toMatch(/by ana, at 10:04, leader=db2/);
    expect(await scene.run('done', run, 'look', '--failed')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: \`ana\` has said already how step \`look\` went: succeeded
hint: \`runbook status ${run}\` shows it
`,
    });
    const end = await scene.run('resume', run);
    expect(end).toMatchObject({ exitCode: 0, stdout: `${run} succeeded\n` });
    expect(end.stderr).toContain('leader db2');
  });

  test('an agent cannot say so', async () => {
    const { stdout } = await scene.run('exec', './check.yaml');
    const agent = scene.with({ env: { RUNBOOK_AGENT: 'deploy-bot' } });
    const { exitCode, stderr } = await agent.run('done', stdout.split(' ')[0] ?? '', 'look');
    expect([exitCode, stderr]).toEqual([
      13,
      `error: \`agent:deploy-bot\` cannot say that a manual step is done: that takes a person
hint: a person runs \`runbook done\` in a session of their own
`,
    ]);
  });
});
