import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { aScene, type Scene } from '../cli/scene.ts';
import { ana, gated, openServed, robin, type Served } from '../server/served.ts';
import { openPty, type Pty } from '../support/pty.ts';

/** Robin at a terminal, far from the journal: logs in, reads, and decides without a key. */
let scene: Scene;
let served: Served;
let open: Pty | null = null;

beforeEach(async () => {
  scene = aScene();
  onTestFinished(() => scene.close());
  served = await openServed({
    files: { 'gated.yaml': gated },
    config: 'environments: { prod: { protected: true } }\n',
  });
});
afterEach(() => open?.kill());

function atTerminal(...argv: readonly string[]): Pty {
  open = openPty(argv, {
    cwd: scene.dir,
    columns: 100,
    env: {
      HOME: scene.dir,
      RUNBOOK_CONFIG_DIR: join(scene.dir, 'config'),
      RUNBOOK_STATE_DIR: join(scene.dir, 'state'),
      RUNBOOK_APPROVER_DIR: join(scene.dir, 'approver'),
      RUNBOOK_SERVER: served.url,
    },
  });
  return open;
}

async function startIn(environment: string): Promise<Scene> {
  const token = await served.token(ana, ['start', 'read']);
  const cli = scene.with({ env: { RUNBOOK_SERVER: served.url, RUNBOOK_TOKEN: token } });
  expect(await cli.run('exec', 'gated', '-e', environment)).toMatchObject({ exitCode: 10 });
  return cli;
}

async function logIn(): Promise<void> {
  const token = await served.token(robin, ['read', 'decide']);
  const pty = atTerminal('login');
  await pty.until(/Token for http/);
  pty.type(`${token}\r`);
  expect(await pty.ended).toBe(0);
  expect(pty.text()).toMatch(/person +robin/);
  expect(pty.text()).not.toContain(token);
}

test('a person logs in, reads the card, says yes, and the server goes on', async () => {
  const cli = await startIn('local');
  await logIn();
  const pty = atTerminal('approve');
  await pty.until(/Approve\? Type yes/);
  expect(pty.text()).toContain('echo hello');
  pty.type('yes\r');
  expect(await pty.ended).toBe(0);
  expect(pty.text()).toContain('approved by robin (A1: attested by the server, not signed)');
  expect(await cli.run('wait')).toMatchObject({ exitCode: 0 });
});

test('anything but the name of a protected environment decides nothing there', async () => {
  const cli = await startIn('prod');
  await logIn();
  const pty = atTerminal('approve', '--yes');
  await pty.until(/Type the environment's name \(prod\)/);
  pty.type('yes\r');
  expect(await pty.ended).toBe(2);
  expect(pty.text()).toContain('that is not `prod`: nothing was decided');
  expect(await cli.run('status')).toMatchObject({
    stdout: expect.stringContaining('waiting') as string,
  });
});
