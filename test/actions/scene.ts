import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionIo, ActionResult } from '../../src/actions/action.ts';
import { openActions } from '../../src/actions/open-actions.ts';
import type { Permit } from '../../src/approval/permit.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Command, HttpAction, RunAction } from '../../src/runbook/command.ts';
import { commandDigest } from '../../src/runbook/digest.ts';

export const actions = openActions({ clock: systemClock });

export const path = '/usr/local/bin:/usr/bin:/bin';

/** A command that nothing has bound yet. */
export function aCommand(changes: Partial<Command> = {}): Command {
  return {
    v: 1,
    action: { kind: 'run', shell: 'sh', script: ':' },
    cwd: '/',
    env: { PATH: [path] },
    stdin: null,
    programs: [],
    files: [],
    timeout_ms: 20_000,
    retry: null,
    check: null,
    rollback: null,
    environment: 'local',
    host: 'test',
    uid: 0,
    ...changes,
  };
}

export function aScript(script: string, shell: RunAction['shell'] = 'sh'): { action: RunAction } {
  return { action: { kind: 'run', shell, script } };
}

export function aGet(url: string, changes: Partial<HttpAction> = {}): { action: HttpAction } {
  const plain = { method: 'GET', headers: [], body: null, redirects: 'off' } as const;
  return { action: { kind: 'http', url, ...plain, ...changes } };
}

export function permitFor(command: Command): Permit {
  return {
    digest: commandDigest(command),
    started: 7,
    attemptToken: '0123456789abcdef0123456789abcdef',
    basis: { kind: 'policy' },
  };
}

export interface Ran {
  readonly result: ActionResult;
  /** Masked, as it was passed on. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a bound command with a permit for it. */
export async function start(command: Command, io: Partial<ActionIo> = {}): Promise<Ran> {
  return startWith(permitFor(command), command, io);
}

export async function startWith(
  permit: Permit,
  command: Command,
  io: Partial<ActionIo> = {},
): Promise<Ran> {
  const seen = { stdout: '', stderr: '' };
  const result = await actions.start(
    { permit, command },
    {
      secrets: new Map(),
      output: (stream, chunk) => {
        seen[stream] += chunk.toString();
      },
      signal: new AbortController().signal,
      graceMs: 300,
      hosts: null,
      ...io,
    },
  );
  return { result, ...seen };
}

/** Binds and starts, as for a privileged step. */
export async function run(changes: Partial<Command>, io: Partial<ActionIo> = {}): Promise<Ran> {
  return start(actions.bind(aCommand(changes), true), io);
}

/** A folder of its own, removed when the callback is done. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-test-')));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function writeProgram(file: string, text: string): string {
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** Asks until the answer is yes, at most two seconds. */
export async function eventually(isSo: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (isSo()) {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
