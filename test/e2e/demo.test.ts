import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn as spawnAtTerminal } from '@lydell/node-pty';
import { expect, onTestFinished } from 'vitest';
import { buildIfMissing, root } from '../support/cli.ts';
import { testWith } from '../support/foreign.ts';
import { tempFolder } from '../support/temp-folder.ts';

const demo = join(root, 'bin', 'demo.mjs');

/** The demo's own temporary folder, its home, and an environment in which it knows no other. */
function openStage() {
  buildIfMissing();
  const dir = tempFolder();
  const [temp, home] = [join(dir, 'tmp'), join(dir, 'home')];
  mkdirSync(temp);
  mkdirSync(home);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMPDIR: temp,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
  };
  return { dir, temp, home, env };
}

type Stage = ReturnType<typeof openStage>;

interface Alone extends ChildProcess {
  /** What it has said so far, on both streams. */
  text(): string;
}

function startAlone({ dir, env }: Stage): Alone {
  const child = spawn(process.execPath, [demo], {
    cwd: dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  return Object.assign(child, { text: () => said });
}

/** Neither a file nor a process is left that the demo had made. */
async function expectNothingLeft({ temp, home }: Stage): Promise<void> {
  expect(readdirSync(temp)).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
  // A node of the cluster notices within its next 50 ms that its file is gone.
  await expect.poll(() => processesOf(temp), { timeout: 5000 }).toEqual([]);
}

testWith(
  ['ssh-keygen'],
  'without a terminal the demo plays both people, proves what happened, and takes everything with it',
  async () => {
    const stage = openStage();
    const child = startAlone(stage);
    const ended: unknown[] = await once(child, 'close');
    const said = child.text();
    expect(ended, said).toEqual([0, null]);

    const typed = said
      .split('\n')
      .filter((line) => line.startsWith('$ '))
      .map((line) => line.slice(2).split(' -')[0]);
    expect(typed).toEqual([
      'cluster up "$CLUSTER_HOME"',
      'cluster status',
      'runbook init',
      'ssh-keygen',
      'runbook people add robin',
      `cat > "$RUNBOOK_CONFIG_DIR/config.yaml" <<'END'`,
      'runbook exec restart-cluster',
      'cluster status',
      'runbook requests',
      'runbook approve',
      'runbook resume',
      'cluster status',
      'runbook audit verify',
      'runbook audit log',
    ]);
    expect(said).toMatch(/^[0-9a-z]{16} waiting$/m);
    expect(said).toContain('approved by robin (A3)');
    expect(said).toMatch(/^[0-9a-z]{16} succeeded$/m);
    expect(said.match(/incarnation 1 /g)).toHaveLength(6);
    for (const node of ['a', 'b', 'c']) {
      expect(said).toMatch(new RegExp(`^${node} {2}up {2}incarnation 2 `, 'm'));
    }
    expect(said.match(/^ok +(integrity|completeness|authorization|time) /gm)).toHaveLength(4);
    await expectNothingLeft(stage);
  },
);

for (const line of ['cluster up', 'runbook exec', 'runbook resume']) {
  testWith(
    ['ssh-keygen'],
    `interrupted at \`${line}\`, the demo ends with 130 and takes everything with it`,
    async () => {
      const stage = openStage();
      const child = startAlone(stage);
      const ended = once(child, 'exit');
      await expect.poll(() => child.text(), { timeout: 20_000 }).toContain(`$ ${line}`);
      child.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      await expectNothingLeft(stage);
    },
  );
}

testWith(['ssh-keygen'], 'at a terminal, Enter lets a second process be Robin', async () => {
  const stage = openStage();
  const pty = spawnAtTerminal(process.execPath, [demo], {
    cwd: stage.dir,
    env: { ...stage.env, TERM: 'xterm' },
    cols: 100,
    rows: 40,
  });
  let said = '';
  pty.onData((chunk) => {
    said += chunk;
  });
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => resolve(exitCode));
  });
  await expect.poll(() => said, { timeout: 30_000 }).toContain('Or press Enter here');
  expect(said).not.toMatch(/incarnation 2/);
  pty.write('\r');
  expect(await ended, said).toBe(0);
  expect(said).toContain('approved by robin (A3)');
  expect(said).toMatch(/[0-9a-z]{16} succeeded/);
  await expectNothingLeft(stage);
});

/** Processes that were started with a path under this folder in their environment; none where /proc is missing. */
function processesOf(folder: string): readonly string[] {
  if (!existsSync('/proc')) {
    return [];
  }
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${folder}/`)
      );
    } catch {
      return false;
    }
  });
}
