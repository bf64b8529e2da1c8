import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { spawn } from '@lydell/node-pty';

/** A pseudo-terminal with the built `runbook` in it. */
export interface Pty {
  /** Everything written so far, without control sequences. */
  text(): string;
  /** Waits until the text behind `after` fits; answers where the match ends. */
  until(pattern: RegExp, after?: number): Promise<number>;
  type(keys: string): void;
  /** Waits for the end; answers the exit code. */
  ended: Promise<number>;
  kill(): void;
}

export interface PtyOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
}

const patienceMs = 20_000;

export function openPty(argv: readonly string[], options: PtyOptions): Pty {
  const bin = join(process.cwd(), 'bin', 'runbook.cjs');
  const child = spawn(process.execPath, [bin, ...argv], {
    name: 'xterm',
    cols: options.columns ?? 80,
    rows: options.rows ?? 50,
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...options.env },
  });
  let raw = '';
  let notify: () => void = () => undefined;
  child.onData((chunk) => {
    raw += chunk;
    notify();
  });
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      resolve(exitCode);
      notify();
    });
  });
  const text = (): string => stripVTControlCharacters(raw).replaceAll('\r\n', '\n');

  async function until(pattern: RegExp, after = 0): Promise<number> {
    const deadline = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    let over = false;
    void ended.then(() => {
      over = true;
    });
    try {
      for (;;) {
        const found = pattern.exec(text().slice(after));
        if (found !== null) {
          return after + found.index + found[0].length;
        }
        if (over) {
          throw new Error(`the terminal never showed ${String(pattern)}:\n${text()}`);
        }
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  return {
    text,
    until,
    ended,
    type: (keys) => child.write(keys),
    kill: () => child.kill('SIGKILL'),
  };
}
