import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { aScene, type Scene, writeKey } from '../cli/scene.ts';
import { testWith } from '../support/foreign.ts';
import { openPty, type Pty } from '../support/pty.ts';

/**
 * Security keys, by OpenSSH's own software token: the middleware that its regression tests use (Debian's
 * `openssh-tests`). Everything but the metal is real.
 */
const token = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const programs = ['ssh-keygen', token];
const scene: Scene = aScene();
const keys = { down: '\u001b[B', enter: '\r', ctrlC: '\u0003' };
const menu = /How is it decided\?[^?]*navigate/;
const env = { SSH_SK_PROVIDER: token };
let open: Pty | null = null;

beforeAll(async () => {
  writeKey(scene, 'lee');
  for (const [name, ...options] of [['robin'], ['kim', '-O', 'verify-required'], ['mallory']]) {
    try {
      execFileSync(
        'ssh-keygen',
        ['-q', '-t', 'ed25519-sk', '-N', '', ...options, '-f', join(scene.dir, `${name}_sk`)],
        { env: { ...process.env, ...env }, stdio: 'ignore' },
      );
    } catch {
      // Without the token: the tests below say so by their names.
      return;
    }
  }
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin_sk.pub');
  await scene.run('people', 'add', 'kim', '--ssh-key', 'kim_sk.pub');
  await scene.run('people', 'add', 'lee', '--ssh-key', 'lee.pub');
});
beforeEach(() => policy(''));
afterEach(() => open?.kill());
afterAll(() => scene.close());

function exec(...argv: readonly string[]): Pty {
  open = openPty(['exec', 'hello', ...argv], {
    cwd: scene.dir,
    env: {
      HOME: scene.dir,
      RUNBOOK_CONFIG_DIR: join(scene.dir, 'config'),
      RUNBOOK_STATE_DIR: join(scene.dir, 'state'),
      RUNBOOK_APPROVER_DIR: join(scene.dir, 'approver'),
      ...env,
    },
  });
  return open;
}

/** Goes through the menu up to the key's file. */
async function choose(pty: Pty, decision: 'approve' | 'reject', from = 0): Promise<number> {
  let seen = await pty.until(menu, from);
  pty.type(keys.down + keys.down + keys.enter);
  seen = await pty.until(/What does the owner of the key decide\?[^?]*navigate/, seen);
  pty.type(keys.down + (decision === 'reject' ? keys.down : '') + keys.enter);
  if (decision === 'reject') {
    seen = await pty.until(/Why\?/, seen);
    pty.type(`wrong cluster${keys.enter}`);
  }
  return pty.until(/The key's own file/, seen);
}

function policy(text: string): void {
  scene.write('config/policy.yaml', text);
}

describe('a security key plugged in at the terminal of a waiting run', () => {
  testWith(programs, 'approves, and the journal says that it was touched', async () => {
    policy(
      'rules: [{name: touch, when: step.privileged, require: {approvals: [{id: peer, from: ["*"], assurance: A3, presence: true}]}}]',
    );
    const pty = exec('-p', 'who=touched');
    await choose(pty, 'approve');
    pty.type(`robin_sk${keys.enter}`);
    expect(await pty.ended).toBe(0);
    expect(pty.text()).toContain('Confirm user presence for key ED25519-SK');
    expect(pty.text()).toContain('  approved by robin (A3)\n');
    expect(pty.text()).toContain('    changed something for touched\n');
    const verified = await scene.run('audit', 'verify', '--json');
    expect(verified).toMatchObject({ exitCode: 0 });
    const log = await scene.run('audit', 'log', '--json');
    const entries = (JSON.parse(log.stdout) as { entries: { index: number; type: string }[] })
      .entries;
    const decided = entries.find(({ type }) => type === 'approval.decided');
    const shown = await scene.run('audit', 'show', String(decided?.index), '--json');
    expect(shown.stdout).toContain('"channel":"security_key"');
    expect(shown.stdout).toContain('"presence":true');
  });

  testWith(programs, 'rejects with a reason', async () => {
    const pty = exec('-p', 'who=refused');
    await choose(pty, 'reject');
    pty.type(`robin_sk${keys.enter}`);
    expect(await pty.ended).toBe(11);
    expect(pty.text()).toContain('rejected by robin (A3): wrong cluster');
  });

  testWith(
    programs,
    'is refused where policy asks for a PIN and the key asked for none',
    async () => {
      policy(
        'rules: [{name: pin, when: step.privileged, require: {approvals: [{id: peer, from: ["*"], assurance: A3, pin: true}]}}]',
      );
      const pty = exec('-p', 'who=pin');
      const seen = await choose(pty, 'approve');
      pty.type(`robin_sk${keys.enter}`);
      await pty.until(/checked its PIN; this signature proves a touch and no PIN/, seen);
      await pty.until(menu, seen);
      expect(pty.text()).not.toContain('changed something for pin');
      const asked = await choose(pty, 'approve', seen);
      pty.type(`kim_sk${keys.enter}`);
      await pty.until(/Enter PIN for ED25519-SK key:/, asked);
      pty.type(`0000${keys.enter}`);
      expect(await pty.ended).toBe(0);
      expect(pty.text()).toContain('    changed something for pin\n');
    },
  );

  testWith(
    programs,
    'is never a key that signs without a touch, nor one of a stranger',
    async () => {
      const pty = exec('-p', 'who=strangers');
      let seen = await choose(pty, 'approve');
      pty.type(`lee.pem${keys.enter}`);
      seen = await pty.until(/the private key is not in the form of OpenSSH/, seen);
      seen = await choose(pty, 'approve', seen);
      pty.type(`mallory_sk${keys.enter}`);
      seen = await pty.until(/this key belongs to nobody who may decide here/, seen);
      await pty.until(menu, seen);
      pty.type(keys.ctrlC);
      expect(await pty.ended).toBe(130);
      expect(pty.text()).not.toContain('changed something for strangers');
    },
  );

  testWith(programs, 'signs in a session of its own, too', async () => {
    const waiting = await scene.run('exec', 'hello', '-p', 'who=away', '--no-wait', '--json');
    expect(waiting.exitCode).toBe(10);
    const away = scene.with({
      env: { RUNBOOK_APPROVER_DIR: join(scene.dir, 'away'), SSH_SK_PROVIDER: token },
    });
    process.env['SSH_SK_PROVIDER'] = token;
    try {
      const { requests } = JSON.parse(waiting.stdout) as { requests: { words: string }[] };
      const words = requests[0]?.words ?? '';
      const said = await away.run('approve', words, '--key', 'robin_sk', '--json');
      expect(said).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(said.stdout)).toMatchObject({ person: 'robin', assurance: 'A3' });
    } finally {
      delete process.env['SSH_SK_PROVIDER'];
    }
    expect(readFileSync(join(scene.dir, 'robin_sk.pub'), 'utf8')).toContain('sk-ssh-ed25519');
  });
});
