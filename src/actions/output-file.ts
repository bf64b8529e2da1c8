import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './error-code.ts';
import { withRegularFile } from './regular-file.ts';

/** The file RUNBOOK_OUTPUT, alone in a folder that only this user can enter. */
export interface OutputFile {
  readonly path: string;
  /** What the step wrote; `fault` says why it cannot be taken, and the text is empty then. */
  read(): { readonly text: string; readonly fault: string | null };
  remove(): void;
}

/** At most this much of RUNBOOK_OUTPUT is taken: 1 MiB. */
const maxBytes = 1_048_576;

/** A fresh one, or in words why there is none: a full disk, a folder that cannot be written to. */
export function createOutputFile(): OutputFile | string {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-'));
    const path = join(folder, 'output');
    closeSync(openSync(path, 'wx', 0o600));
    return {
      path,
      read: () => readOutputFile(path),
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    return `RUNBOOK_OUTPUT cannot be created in \`${tmpdir()}\`: ${codeOf(error)}`;
  }
}

function readOutputFile(path: string): { text: string; fault: string | null } {
  try {
    const text = withRegularFile(path, (descriptor, { size }) =>
      size > maxBytes ? null : readText(descriptor, Number(size)),
    );
    return text === null
      ? { text: '', fault: `RUNBOOK_OUTPUT is no regular file of at most ${maxBytes} bytes` }
      : { text, fault: null };
  } catch {
    return { text: '', fault: 'RUNBOOK_OUTPUT was removed by the step' };
  }
}

function readText(descriptor: number, size: number): string {
  const bytes = Buffer.alloc(size);
  return bytes.toString('utf8', 0, readSync(descriptor, bytes));
}
