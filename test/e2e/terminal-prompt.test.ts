import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { aScene, type Scene, writeKey } from '../cli/scene.ts';
import { openPty, type Pty } from '../support/pty.ts';

/** `exec` at a terminal: what whoever waits there sees, and what they can do. */
const scene: Scene = aScene();
const robin = ['--key', 'robin.pem'];
const keys = { down: '\u001b[B', enter: '\r', ctrlC: '\u0003' };
const menu = /How is it decided\?/;
let open: Pty | null = null;

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
});
afterEach(() => open?.kill());
afterAll(() => scene.close());

function exec(argv: readonly string[], columns = 80): Pty {
  open = openPty(argv, {
    cwd: scene.dir,
    columns,
    env: {
      HOME: scene.dir,
      RUNBOOK_CONFIG_DIR: join(scene.dir, 'config'),
      RUNBOOK_STATE_DIR: join(scene.dir, 'state'),
      RUNBOOK_APPROVER_DIR: join(scene.dir, 'approver'),
    },
  });
  return open;
}

/** The words on the card that the terminal shows. */
function wordsOn(pty: Pty): string {
  return /request ([a-z]+(?:-[a-z]+){3}-[0-9a-f]{8})/.exec(pty.text())?.[1] ?? '';
}

/** A robin with a memory of their own, as on another machine. */
const away = scene.with({ env: { RUNBOOK_APPROVER_DIR: join(scene.dir, 'away') } });

describe('a run that waits at a terminal', () => {
  test('goes on when it is approved anywhere, and the prompt closes without a trace', async () => {
    const pty = exec(['exec', 'hello', '-p', 'who=elsewhere']);
    await pty.until(menu);
    expect(pty.text()).toContain(`  runbook approve ${wordsOn(pty)} --key ~/.ssh/id_ed25519`);
    expect((await scene.run('approve', wordsOn(pty), ...robin)).exitCode).toBe(0);
    expect(await pty.ended).toBe(0);
    expect(pty.text()).toContain('  approved by robin (A3)\n');
    expect(pty.text()).toContain('    changed something for elsewhere\n');
    expect(pty.text()).toMatch(/[0-9a-z]{16} succeeded\n$/);
  });

  test('takes a signature that is pasted, and says why it takes no other', async () => {
    const pty = exec(['exec', 'hello', '-p', 'who=pasted']);
    let seen = await pty.until(menu);
    pty.type(keys.down + keys.enter);
    seen = await pty.until(/an empty line leaves\./, seen);
    pty.type('nonsense\r');
    seen = await pty.until(/the pasted decision begins neither/, seen);
    seen = await pty.until(menu, seen);

    await scene.run('review', wordsOn(pty), '--export', 'pasted.json');
    const signed = await away.run('approve', '--offline', 'pasted.json', ...robin);
    expect(signed.exitCode).toBe(0);
    pty.type(keys.down + keys.enter);
    await pty.until(/an empty line leaves\./, seen);
    pty.type(signed.stdout.replaceAll('\n', '\r'));
    expect(await pty.ended).toBe(0);
    expect(pty.text()).toContain('  approved by robin (A3)\n');
    expect(pty.text()).toContain('    changed something for pasted\n');
  });

  test('ends when it is rejected, with the reason', async () => {
    const pty = exec(['exec', 'hello', '-p', 'who=refused']);
    await pty.until(menu);
    await scene.run('reject', wordsOn(pty), '--reason', 'wrong cluster', ...robin);
    expect(await pty.ended).toBe(11);
    expect(pty.text()).toContain('rejected by robin (A3): wrong cluster');
    expect(pty.text()).not.toContain('changed something for refused');
  });

  test('is left by Ctrl-C, still waits, and goes on later', async () => {
    const pty = exec(['exec', 'hello', '-p', 'who=left']);
    await pty.until(menu);
    pty.type(keys.ctrlC);
    expect(await pty.ended).toBe(130);
    const run = /next: runbook resume ([0-9a-z]{16})/.exec(pty.text())?.[1] ?? '';
    expect(pty.text()).toContain(`${run} waiting\n`);
    expect(JSON.parse((await scene.run('status', run, '--json')).stdout)).toMatchObject({
      status: 'waiting',
      terminal: false,
    });
    await scene.run('approve', wordsOn(pty), ...robin);
    expect((await scene.run('resume', run)).exitCode).toBe(0);
  });

  test('never takes what is typed for a decision', async () => {
    const pty = exec(['exec', 'hello', '-p', 'who=typed']);
    const seen = await pty.until(menu);
    pty.type('y\ryes\rapprove\r');
    await pty.until(/waiting; Ctrl-C leaves/, seen);
    pty.type('y\r');
    pty.type(keys.ctrlC);
    expect(await pty.ended).toBe(130);
    expect(pty.text()).not.toContain('changed something for typed');
  });

  test('fits a window of 40 columns, and shows the whole command', async () => {
    scene.write(
      'long.yaml',
      `name: long\nsteps:\n  - id: long\n    privileged: true\n    exec: [echo, ${'x'.repeat(120)}]\n`,
    );
    const pty = exec(['exec', './long.yaml'], 40);
    await pty.until(menu);
    const card = pty.text().slice(pty.text().indexOf('╭─'), pty.text().indexOf('╰─'));
    const lines = card.split('\n').slice(1);
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    const joined = lines.map((line) => line.replace(/^│ */, '').replace(/↩$/, '')).join('');
    expect(joined).toContain('x'.repeat(120));
    pty.type(keys.ctrlC);
    expect(await pty.ended).toBe(130);
  });
});

describe('parameters at a terminal', () => {
  test('are asked for, secret ones behind stars, and checked before the run', async () => {
    scene.write(
      'asks.yaml',
      `name: asks
params:
  cluster: { type: string, enum: [demo, payments] }
  count: { type: integer, min: 1 }
  token: { type: string, secret: true }
steps:
  - id: show
    env: { CLUSTER: "\${{ params.cluster }}", COUNT: "\${{ params.count }}", TOKEN: "\${{ params.token }}" }
    run: echo "$CLUSTER $COUNT \${#TOKEN}"
`,
    );
    const pty = exec(['exec', './asks.yaml']);
    let seen = await pty.until(/cluster/);
    pty.type(keys.down + keys.enter);
    seen = await pty.until(/count/, seen);
    pty.type('none\r');
    seen = await pty.until(/`count` must be a whole number/, seen);
    seen = await pty.until(/\? count/, seen);
    pty.type('3\r');
    await pty.until(/token/, seen);
    pty.type('hunter2\r');
    expect(await pty.ended).toBe(0);
    expect(pty.text()).toContain('    payments 3 7\n');
    expect(pty.text()).not.toContain('hunter2');
  });

  test('are not asked for with --no-input', async () => {
    const pty = exec(['exec', './asks.yaml', '--no-input']);
    expect(await pty.ended).toBe(2);
    expect(pty.text()).toContain('error: no value for `cluster`, `count`, `token`');
  });

  test('leave nothing of a secret behind', () => {
    const state = join(scene.dir, 'state');
    const files = readdirSync(state, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => readFileSync(file).includes('hunter2'))).toEqual([]);
  });
});

test('Ctrl-C ends a step that runs, and the run is left with 130', async () => {
  scene.write('slow.yaml', 'name: slow\nsteps:\n  - id: slow\n    run: echo begun; sleep 60\n');
  const pty = exec(['exec', './slow.yaml']);
  await pty.until(/ {4}begun/);
  pty.type(keys.ctrlC);
  expect(await pty.ended).toBe(130);
});
