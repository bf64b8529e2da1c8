import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { InternalError, UsageError } from './errors.ts';

export interface ToolOptions {
  readonly input?: Buffer;
  /** 60 s unless said. */
  readonly timeoutMs?: number;
  /** The tool may talk to the person: it inherits stderr, and stdin where there is no `input`. */
  readonly tty?: boolean;
  /** Where it works; where this process does unless said. */
  readonly cwd?: string;
  /** The whole environment it gets; this process's own unless said. */
  readonly env?: Readonly<Record<string, string>>;
  /** 64 MB unless said; a tool that says more has failed. */
  readonly maxBytes?: number;
}

export interface ToolResult {
  /** 128 + the signal's number where a signal ended it. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** Empty under `tty`: the person has seen it. */
  readonly stderr: string;
}

/**
 * Runs one of our own helpers, such as `ssh-keygen`, and waits for it. This is the second spawner, apart
 * from the one that takes a permit: `argv` comes from this program and from trusted configuration only,
 * never from a runbook, a parameter or a request, so nothing privileged can pass through here. No shell.
 * Throws UsageError `tool_missing` or `tool_timeout`.
 */
export function runTool(argv: readonly string[], options: ToolOptions = {}): ToolResult {
  const [program = '', ...args] = argv;
  const { tty = false, input, cwd, env, timeoutMs = 60_000, maxBytes = defaultBytes } = options;
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    input,
    cwd,
    env,
    timeout: timeoutMs,
    // What heeds no signal must not make us wait for it; a tool with the terminal has to put it back in order.
    killSignal: tty ? 'SIGTERM' : 'SIGKILL',
    maxBuffer: maxBytes,
    stdio: stdioOf(options),
  });
  // A tool that ended without reading all its input has answered nevertheless.
  if (error !== undefined && reasonOf(error) !== 'EPIPE') {
    throw toolError(program, error, timeoutMs);
  }
  return { exitCode: status ?? signalCode(signal), stdout, stderr: tty ? '' : stderr.toString() };
}

const defaultBytes = 64 * 1024 * 1024;

function stdioOf({ tty, input }: ToolOptions): ('inherit' | 'pipe')[] {
  const talks = tty === true ? 'inherit' : 'pipe';
  return [input === undefined ? talks : 'pipe', 'pipe', talks];
}

function signalCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function toolError(program: string, cause: Error, timeoutMs: number): Error {
  const reason = reasonOf(cause);
  if (reason === 'ENOENT' || reason === 'EACCES') {
    return new UsageError({
      code: 'tool_missing',
      message: `\`${program}\` is needed here and cannot be started`,
      hint: `install \`${program}\`, or add its folder to PATH`,
      cause,
    });
  }
  if (reason === 'ETIMEDOUT') {
    return new UsageError({
      code: 'tool_timeout',
      message: `\`${program}\` did not finish within ${timeoutMs} ms`,
      cause,
    });
  }
  return new InternalError({ code: 'tool_failed', message: `\`${program}\` failed to run`, cause });
}

function reasonOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}
