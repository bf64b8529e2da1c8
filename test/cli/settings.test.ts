import { afterAll, expect, test } from 'vitest';
import { aScene } from './scene.ts';

const scene = aScene();
afterAll(() => scene.close());

test('the project says how results are printed, and a flag says it louder', async () => {
  scene.write('runbook.config.yaml', 'output: json\nrunbooks: [books]\n');
  scene.write('books/one.yaml', 'name: one\nsteps:\n  - id: one\n    run: echo\n');
  expect(JSON.parse((await scene.run('list')).stdout)).toMatchObject({
    runbooks: [{ name: 'one', file: 'books/one.yaml', privileged: 0 }],
  });
  expect((await scene.run('list', '--output', 'text')).stdout).toMatch(/^one/);
});

test('a file of the project that says anything else is refused', async () => {
  scene.write('runbook.config.yaml', 'policy: {}\n');
  const { exitCode, stderr } = await scene.run('list');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('runbook.config.yaml:1:1: ');
  expect(stderr).toContain('error: 1 problem in ');
});

test('an agent is never asked, not even at a terminal', async () => {
  scene.write('runbook.config.yaml', 'output: text\n');
  scene.write(
    'asks.yaml',
    'name: asks\nparams:\n  one: { type: string }\nsteps:\n  - id: one\n    run: echo\n',
  );
  for (const env of [{ RUNBOOK_AGENT: 'bot' }, { CI: 'true' }]) {
    const { exitCode, stderr } = await scene
      .with({ terminal: true, env: { NO_COLOR: '1', ...env } })
      .run('exec', './asks.yaml');
    expect([exitCode, stderr.split('\n')[0]]).toEqual([2, 'error: no value for `one`']);
  }
});
