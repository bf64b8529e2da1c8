import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { newNonce } from './ids.ts';

/**
 * Replaces the file whole, durable before it returns. A crash leaves the old file or the new one, never
 * a part, and at most a stray `.tmp` beside it. `mode` is what the file ends up with.
 */
export function writeFileDurably(path: string, bytes: Buffer | string, mode: number): void {
  stageFile(path, bytes, mode).place();
}

/** Bytes that are on the disk, beside the file that they are to be. */
export interface StagedFile {
  /** Durable when it returns; where it throws, nothing is left behind. */
  place(): void;
  discard(): void;
}

/**
 * Writes what is to replace the file, under a temporary name: whatever hinders that is found before
 * anybody says that the file is there. A crash leaves a stray `.tmp` beside it. `mode` as above.
 */
export function stageFile(path: string, bytes: Buffer | string, mode: number): StagedFile {
  const temporary = `${path}.${newNonce()}.tmp`;
  const discard = (): void => rmSync(temporary, { force: true });
  const orDiscard = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      discard();
      throw error;
    }
  };
  orDiscard(() => writeAndSync(temporary, bytes, mode));
  const place = (): void => {
    orDiscard(() => renameSync(temporary, path));
    syncDirectory(dirname(path));
  };
  return { place, discard };
}

/** Makes a directory's entries durable: a file that was created or renamed in it survives a power cut. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * A file's text, where only some may have been able to read it: `judge` throws for owner and mode that it
 * does not like. What it looks at is what is read, through one descriptor, which is closed in the end.
 */
export function readJudged(descriptor: number, judge: (stats: Stats) => void): string {
  try {
    judge(fstatSync(descriptor));
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Nobody but this process's own user could have read or changed it. */
export function isOwnAlone({ mode, uid }: Stats): boolean {
  return (mode & 0o077) === 0 && uid === process.geteuid?.();
}

/** The file's bytes; null where there is none. */
export function readIfExists(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) {
      return null;
    }
    throw error;
  }
}

function writeAndSync(path: string, bytes: Buffer | string, mode: number): void {
  // `wx`: a link that somebody planted under this name is refused, not followed.
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, bytes);
    fchmodSync(descriptor, mode);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
