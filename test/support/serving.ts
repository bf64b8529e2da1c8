import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { root, type Said } from './cli.ts';
import { tempFolder } from './temp-folder.ts';

/** An account of this machine, as `/etc/passwd` has it. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that every Debian has: the server's own, and one for whoever calls it. */
export const serverAccount: Account = { uid: 65534, gid: 65534 };
export const callerAccount: Account = { uid: 1, gid: 1 };

/** Only root may start processes as somebody else. */
export const mayBeOthers = process.geteuid?.() === 0;

/**
 * The built program where every account can read it: a checkout may lie in somebody's own folder. What the
 * bundle does not hold is copied along.
 */
export function programForAll(): string {
  const dir = tempFolder();
  chmodSync(dir, 0o755);
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(root, part), join(dir, part), { recursive: true });
  }
  for (const name of ['better-sqlite3', 'bindings', 'file-uri-to-path']) {
    const from = join(root, 'node_modules', name);
    if (existsSync(from)) {
      cpSync(from, join(dir, 'node_modules', name), {
        recursive: true,
        filter: (path) => !/better-sqlite3\/(deps|src|build\/Release\/obj)/.test(path),
      });
    }
  }
  return join(dir, 'bin', 'runbook.cjs');
}

/** A folder of one account, with everything of the program's in it, and the program run as that account. */
export interface Home {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  start(argv: readonly string[], more?: Readonly<Record<string, string>>): ChildProcess;
  run(argv: readonly string[], more?: Readonly<Record<string, string>>): Promise<Said>;
}

export function homeOf(
  program: string,
  account: Account,
  files: Readonly<Record<string, string>> = {},
): Home {
  const dir = tempFolder(files);
  mkdirSync(join(dir, 'config'), { recursive: true, mode: 0o755 });
  own(dir, account);
  const env = {
    HOME: dir,
    PATH: process.env['PATH'] ?? '',
    RUNBOOK_CONFIG_DIR: join(dir, 'config'),
    RUNBOOK_STATE_DIR: join(dir, 'state'),
    RUNBOOK_APPROVER_DIR: join(dir, 'approver'),
  };
  const start: Home['start'] = (argv, more = {}) =>
    spawn(process.execPath, [program, ...argv], {
      cwd: dir,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(mayBeOthers ? account : {}),
    });
  return {
    dir,
    env,
    start,
    run: async (argv, more) => {
      const child = start(argv, more);
      const ended = once(child, 'close');
      const [stdout, stderr] = await Promise.all([read(child.stdout), read(child.stderr)]);
      await ended;
      return { exitCode: child.exitCode, stdout, stderr };
    },
  };
}

/** A running `runbook serve`. */
export interface Serving {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has logged so far. */
  readonly log: readonly string[];
  /** Ends it and answers its exit code; `SIGKILL` is a crash. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts a server and waits until it says that it is ready. */
export async function startServing(
  home: Home,
  more: Readonly<Record<string, string>> = {},
  argv: readonly string[] = [],
): Promise<Serving> {
  const child = home.start(['serve', '--listen', '127.0.0.1:0', '--json', ...argv], more);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const log: string[] = [];
  if (child.stdout === null || child.stderr === null) {
    throw new Error('a server without output');
  }
  createInterface(child.stderr).on('line', (line) => log.push(line));
  const ready = once(createInterface(child.stdout), 'line');
  const ended = once(child, 'close');
  const first = await Promise.race([ready, ended.then(() => null)]);
  if (first === null) {
    throw new Error(`the server ended with ${child.exitCode}:\n${log.join('\n')}`);
  }
  const { url } = JSON.parse(String(first[0])) as { readonly url: string };
  return {
    url,
    child,
    log,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

function own(path: string, { uid, gid }: Account): void {
  if (!mayBeOthers) {
    return;
  }
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    chownSync(join(entry.parentPath, entry.name), uid, gid);
  }
}

async function read(stream: ChildProcess['stdout']): Promise<string> {
  return stream === null ? '' : text(stream);
}
