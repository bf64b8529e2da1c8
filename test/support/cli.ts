import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { expect } from 'vitest';
import { makeKey } from '../signers/ssh-tools.ts';
import { errorJson, type RunJson, runJson } from './cli-schema.ts';
import { tempFolder } from './temp-folder.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin', 'runbook.cjs');

/** What one process said. A signal that ended it counts as exit code null. */
export interface Said {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that still runs. */
export interface Started {
  readonly child: ChildProcess;
  readonly said: Promise<Said>;
}

export interface Answered<T> extends Said {
  readonly body: T;
}

type Failure = v.InferOutput<typeof errorJson> &
  Pick<Said, 'exitCode'> & { readonly run: RunJson | null };
type Schema<T> = v.GenericSchema<unknown, T>;

export interface CliOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** The built program in a folder of its own: configuration, journal and approver's memory lie in it. */
export interface Cli {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  run(...argv: readonly string[]): Promise<Said>;
  /** With `--json`, and its stdout held against the contract. */
  json<T>(schema: Schema<T>, ...argv: readonly string[]): Promise<Answered<T>>;
  /** `exec`, `resume` or `wait` with `--json`: they exit with the code their object names, and say no more. */
  drive(...argv: readonly string[]): Promise<RunJson>;
  /** With `--json`, a command that fails: one object on stderr; on stdout the run it was about to drive, or nothing. */
  failure(...argv: readonly string[]): Promise<Failure>;
  start(...argv: readonly string[]): Started;
  with(more: Partial<CliOptions>): Cli;
}

export interface FolderOptions {
  /** Files by their paths in the folder. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Nobody is known here yet, and there is no journal. */
export function openCli({ files = {}, env = {} }: FolderOptions = {}): Cli {
  buildIfMissing();
  const dir = tempFolder(files);
  return cliIn(dir, {
    stdin: '',
    env: {
      HOME: dir,
      PATH: process.env['PATH'] ?? '',
      RUNBOOK_CONFIG_DIR: join(dir, 'config'),
      RUNBOOK_STATE_DIR: join(dir, 'state'),
      RUNBOOK_APPROVER_DIR: join(dir, 'approver'),
      ...env,
    },
  });
}

/** Ana may start runs here; Robin can sign, with the OpenSSH key at `robin`. */
export interface Office extends Cli {
  readonly robin: string;
}

export async function openOffice(
  options: FolderOptions & { readonly policy?: string } = {},
): Promise<Office> {
  const account = `${userInfo().username}@${hostname().toLowerCase()}`;
  const { policy = '', files = {} } = options;
  const cli = openCli({ ...options, files: { ...files, 'config/policy.yaml': policy } });
  const robin = makeKey(cli.dir, 'robin');
  for (const [name, ...flags] of [
    ['ana', '--os-user', account],
    ['robin', '--ssh-key', `${robin}.pub`],
  ]) {
    const { exitCode, stderr } = await cli.run('people', 'add', String(name), ...flags);
    if (exitCode !== 0) {
      throw new Error(stderr);
    }
  }
  return { ...cli, robin };
}

function cliIn(dir: string, options: CliOptions): Cli {
  const { env, stdin } = options;
  const start = (...argv: readonly string[]): Started => {
    const child = spawn(process.execPath, [program, ...argv], { cwd: dir, env });
    child.stdin.on('error', () => undefined).end(stdin);
    const ended = once(child, 'close');
    const said = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
      ([stdout, stderr]) => ({ exitCode: child.exitCode, stdout, stderr }),
    );
    return { child, said };
  };
  const json = async <T>(schema: Schema<T>, ...argv: readonly string[]): Promise<Answered<T>> => {
    const said = await start(...argv, '--json').said;
    try {
      return { ...said, body: v.parse(schema, JSON.parse(said.stdout)) };
    } catch (cause) {
      const { exitCode, stdout, stderr } = said;
      throw new Error(`runbook ${argv.join(' ')}: exit ${exitCode}\n${stdout}${stderr}`, { cause });
    }
  };
  return {
    dir,
    env,
    start,
    run: (...argv) => start(...argv).said,
    json,
    drive: async (...argv) => {
      const { body, exitCode, stderr } = await json(runJson, ...argv);
      expect({ exitCode, stderr }).toEqual({ exitCode: body.exit_code, stderr: '' });
      return body;
    },
    failure: async (...argv) => {
      const { exitCode, stdout, stderr } = await start(...argv, '--json').said;
      const run = stdout === '' ? null : v.parse(runJson, JSON.parse(stdout));
      return { exitCode, run, ...v.parse(errorJson, JSON.parse(stderr)) };
    },
    with: (more) => cliIn(dir, { ...options, ...more, env: { ...env, ...more.env } }),
  };
}

/** The gates build before they test; a file run alone may be the first. */
export function buildIfMissing(): void {
  if (!existsSync(join(root, 'dist', 'main.js'))) {
    execFileSync(process.execPath, [join(root, 'bin', 'build.mjs')], { stdio: 'inherit' });
  }
}
