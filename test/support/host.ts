import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { makeKey } from '../signers/ssh-tools.ts';
import type { Said } from './cli.ts';
import { programForAll } from './serving.ts';
import { tempFolder } from './temp-folder.ts';

const namespace = 'unshare';

/** Only root may give a process another `/etc`, and start others as somebody else. */
export const mayHaveHost =
  process.geteuid?.() === 0 && spawnSync(namespace, ['--mount', 'true']).status === 0;

/** One account of a host, with a home and an SSH key of its own. */
export interface HostUser {
  readonly name: string;
  readonly home: string;
  /** The private key; the public one lies beside it. */
  readonly key: string;
  /** The built program, as this account, in its home. */
  start(...argv: readonly string[]): { readonly child: ChildProcess; readonly said: Promise<Said> };
  run(...argv: readonly string[]): Promise<Said>;
  /** Any program, as this account. */
  do(program: string, ...args: readonly string[]): Promise<Said>;
}

/**
 * A machine whose accounts and configuration are its own: in a mount namespace `/etc` is a copy and
 * `/var/lib` is empty, so that `useradd`, `groupadd` and `init --system` are the real ones, and the machine
 * under it keeps nothing of them.
 */
export interface Host {
  /** What the namespace sees as `/etc` and `/var/lib`. */
  readonly etc: string;
  readonly lib: string;
  readonly root: HostUser;
  /** Made by `useradd`, in these groups. */
  addUser(name: string, ...groups: readonly string[]): Promise<HostUser>;
}

export async function openHost(): Promise<Host> {
  const dir = tempFolder();
  const [etc, lib, homes] = ['etc', 'lib', 'homes'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  chmodSync(dir, 0o755);
  execFileSync('cp', ['--archive', '/etc', etc]);
  for (const folder of [lib, homes]) {
    mkdirSync(folder);
    chmodSync(folder, 0o755);
  }
  const pid = await enter([
    `mount --bind '${etc}' /etc`,
    `mount --bind '${lib}' /var/lib`,
    'echo ready',
    'exec sleep 3600',
  ]);
  const program = programForAll();
  const root = userOf({ name: 'root', home: join(homes, 'root'), pid, program });
  return {
    etc,
    lib,
    root,
    addUser: async (name, ...groups) => {
      const home = join(homes, name);
      const flags = ['--no-create-home', '--home-dir', home, '--groups', groups.join(',')];
      const added = await root.do('useradd', ...flags, name);
      if (added.exitCode !== 0) {
        throw new Error(added.stderr);
      }
      const user = userOf({ name, home, pid, program });
      await root.do('chown', '--recursive', `${name}:`, home);
      return user;
    },
  };
}

/** A process that keeps the namespace open until the test ends; its id. */
async function enter(lines: readonly string[]): Promise<number> {
  const flags = ['--mount', '--propagation', 'private', 'sh', '-ec', lines.join('\n')];
  const child = spawn(namespace, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  if (line !== 'ready' || child.pid === undefined) {
    throw new Error(`the namespace said ${line}`);
  }
  return child.pid;
}

function userOf(of: {
  readonly name: string;
  readonly home: string;
  readonly pid: number;
  readonly program: string;
}): HostUser {
  const { name, home, pid, program } = of;
  mkdirSync(home);
  chmodSync(home, 0o755);
  const setpriv = ['setpriv', '--reuid', name, '--regid', name, '--init-groups'];
  const become = [
    'nsenter',
    '--target',
    String(pid),
    '--mount',
    '--',
    ...(name === 'root' ? [] : setpriv),
    'env',
    '--ignore-environment',
    `--chdir=${home}`,
    `HOME=${home}`,
    `USER=${name}`,
    `PATH=${process.env['PATH'] ?? ''}`,
  ];
  const start = (...argv: readonly string[]) => {
    const [first = '', ...rest] = [...become, ...argv];
    const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    const said = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
      ([stdout, stderr]) => ({ exitCode: child.exitCode, stdout, stderr }),
    );
    return { child, said };
  };
  const runbook = (...argv: readonly string[]) => start(process.execPath, program, ...argv);
  return {
    name,
    home,
    key: makeKey(home, 'id_ed25519'),
    start: runbook,
    run: (...argv) => runbook(...argv).said,
    do: (...argv) => start(...argv).said,
  };
}

/** A file of the machine's, as root writes it. */
export function writeAsRoot(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o644 });
}
