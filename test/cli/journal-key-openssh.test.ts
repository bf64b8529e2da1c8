import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { keyNamespace } from '../../src/approval/statement/key-statement.ts';
import { systemClock } from '../../src/base/clock.ts';
import { runTool } from '../../src/base/tool.ts';
import { acceptedByOpenSsh, makeKey, publicLine } from '../signers/ssh-tools.ts';
import { testWith } from '../support/foreign.ts';
import { aScene, type Said, type Scene } from './scene.ts';

const scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  await scene.run('init', '--person', 'ana', '--no-example');
});

const key = (line: string, at: Scene = scene): Promise<Said> =>
  at.run('journal', 'key', ...line.split(' '));

interface Entry {
  readonly index: number;
  readonly leaf: { readonly data: { readonly statement: string; readonly signature: string } };
}

/** The newest entry, as `audit show` prints it. */
async function newest(): Promise<Entry> {
  const log = await scene.run('audit', 'log', '--json');
  const { entries } = JSON.parse(log.stdout) as { readonly entries: readonly Entry[] };
  const index = Math.max(...entries.map((entry) => entry.index));
  return JSON.parse((await scene.run('audit', 'show', String(index))).stdout) as Entry;
}

/** Whether ssh-keygen says that this key signed the newest entry's statement. */
async function isSignedBy(path: string): Promise<boolean> {
  const { statement, signature } = (await newest()).leaf.data;
  return acceptedByOpenSsh({
    folder: scene.dir,
    publicKey: publicLine(path),
    namespace: keyNamespace,
    message: Buffer.from(statement),
    signature,
  });
}

describe('a recovery key of OpenSSH', () => {
  testWith(['ssh-keygen'], 'signs from its file, and ssh-keygen agrees', async () => {
    const recovery = makeKey(scene.dir, 'recovery', '-t', 'ecdsa');
    expect(await key('recovery --key recovery')).toMatchObject({ exitCode: 0 });
    expect(await isSignedBy(recovery)).toBe(true);
    expect(await key('rotate --key recovery')).toMatchObject({ exitCode: 0 });
    expect(await isSignedBy(recovery)).toBe(true);
  });

  const agentTools = ['ssh-keygen', 'ssh-agent', 'ssh-add'];
  testWith(
    agentTools,
    'signs from an agent, both its own naming and the one that replaces it',
    async () => {
      const socket = join(scene.dir, 'agent');
      const started = runTool(['ssh-agent', '-a', socket]).stdout.toString();
      const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
      onTestFinished(() => void process.kill(pid));
      const next = makeKey(scene.dir, 'next', '-t', 'rsa', '-b', '3072');
      for (const path of [join(scene.dir, 'recovery'), next]) {
        runTool(['env', `SSH_AUTH_SOCK=${socket}`, 'ssh-add', '-q', path]);
      }
      const withAgent = scene.with({ env: { SSH_AUTH_SOCK: socket } });
      expect(await key('recovery --ssh-agent --json', withAgent)).toMatchObject({ exitCode: 2 });
      const named = await key('recovery --ssh-agent --public-key next.pub', withAgent);
      expect(named).toMatchObject({ exitCode: 0 });
      expect(await isSignedBy(next)).toBe(true);
      expect(await key('rotate --ssh-agent', withAgent)).toMatchObject({ exitCode: 0 });
      expect(await isSignedBy(next)).toBe(true);
      expect((await scene.run('audit', 'verify')).exitCode).toBe(0);
    },
  );
});
