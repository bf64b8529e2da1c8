import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { aScene, type Scene, writeKey } from '../cli/scene.ts';

/** The built program as a process of its own: signals, and readers who go away. */
const scene: Scene = aScene();

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
});
afterAll(() => scene.close());

function start(...argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(process.cwd(), 'bin', 'runbook.cjs'), ...argv], {
    cwd: scene.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: scene.dir,
      RUNBOOK_CONFIG_DIR: join(scene.dir, 'config'),
      RUNBOOK_STATE_DIR: join(scene.dir, 'state'),
      RUNBOOK_APPROVER_DIR: join(scene.dir, 'approver'),
    },
  });
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

const patience = { timeout: 20_000, interval: 50 };

test('a run goes on when nobody reads its output any more', async () => {
  scene.write(
    'talk.yaml',
    'name: talk\nsteps:\n  - id: talk\n    run: for i in 1 2 3 4 5; do echo "line $i"; sleep 0.1; done; touch talked\n',
  );
  const child = start('exec', './talk.yaml');
  const exit = exitOf(child);
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect(await exit).toBe(0);
  expect(existsSync(join(scene.dir, 'talked'))).toBe(true);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
] as const)('%s ends the step that runs, and the process with %i', async (signal, code) => {
  const ended = `ended-${signal}`;
  scene.write(
    `${signal}.yaml`,
    `name: slow\nsteps:\n  - id: slow\n    run: trap 'touch ${ended}; exit 1' TERM; touch begun-${signal}; while true; do sleep 0.1; done\n`,
  );
  const child = start('exec', `./${signal}.yaml`);
  const exit = exitOf(child);
  await vi.waitFor(
    () => expect(existsSync(join(scene.dir, `begun-${signal}`))).toBe(true),
    patience,
  );
  child.kill(signal);
  expect(await exit).toBe(code);
  expect(existsSync(join(scene.dir, ended))).toBe(true);
});

test('a signal at a gate leaves the run waiting', async () => {
  const child = start('exec', 'hello', '--wait', '10m', '--json');
  const exit = exitOf(child);
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  await vi.waitFor(async () => {
    const { stdout } = await scene.run('requests', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ requests: [{ state: 'pending' }] });
  }, patience);
  child.kill('SIGTERM');
  expect(await exit).toBe(143);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'waiting', terminal: false, exit_code: 10 });
});

test('the version is told before anything is loaded', async () => {
  const child = start('--version');
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  expect(await exitOf(child)).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
