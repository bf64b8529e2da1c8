import { existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { bootId } from '../base/clock.ts';
import { HeldError } from '../base/errors.ts';
import { syncDirectory, writeFileDurably } from '../base/files.ts';
import { newNonce } from '../base/ids.ts';
import { describeProcess, isProcessAlive, type ProcessMark } from '../base/process.ts';

/** Makes a folder and those above it, each durable in the one above: what is written into it stays found. */
export function makeFolder(path: string): void {
  if (!existsSync(path)) {
    makeFolder(dirname(path));
    mkdirSync(path, { recursive: true, mode: 0o700 });
    syncDirectory(dirname(path));
  }
}

/**
 * Takes the folder for this process, and answers how to give it back. Two witnesses with one memory would
 * each cosign what follows from what it last read, and so two histories. Throws HeldError `witness_held`.
 */
export function holdFolder(dir: string): () => void {
  const lock = join(dir, 'lock');
  const mark = join(dir, `lock.${newNonce()}`);
  writeFileDurably(mark, JSON.stringify(ownMark()), 0o600);
  try {
    takeLock(lock, mark);
  } finally {
    rmSync(mark, { force: true });
  }
  let isOurs = true;
  return () => {
    if (isOurs) {
      rmSync(lock, { force: true });
      isOurs = false;
    }
  };
}

/** A link is made whole or not at all, and only by one. */
function takeLock(lock: string, mark: string): void {
  if (tryLink(mark, lock)) {
    return;
  }
  const holder = JSON.parse(readFileSync(lock, 'utf8')) as ProcessMark;
  if (!isProcessAlive(holder)) {
    rmSync(lock, { force: true });
    if (tryLink(mark, lock)) {
      return;
    }
  }
  throw new HeldError({
    code: 'witness_held',
    message: `\`${dirname(lock)}\` is the memory of another witness: process ${holder.pid} on ${holder.host}`,
    hint: 'each witness has a folder of its own: `--dir DIR`',
  });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function ownMark(): ProcessMark {
  const { pid } = process;
  return { host: hostname(), pid, boot: bootId(), startTime: describeProcess(pid) ?? '' };
}
