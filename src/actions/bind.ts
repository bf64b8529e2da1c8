import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { BoundFile, Command } from '../runbook/command.ts';
import { codeOf } from './error-code.ts';
import { findPrograms } from './find-programs.ts';
import type { FileHashes } from './hash-file.ts';

/**
 * The command with what only the disk knows; its check too. Every path is absolute and real: symbolic
 * links are followed, also out of the folder, so that the digest names what is run and read. Without
 * `hashes` (no approval needed) paths alone are bound. Throws UsageError: `cwd_missing`, `file_missing`
 * (or unreadable), `file_not_regular`, `program_unreadable` for one that can be executed but not hashed,
 * and what `findPrograms` throws. Binding a bound command changes nothing.
 */
export function bind(command: Command, hashes: FileHashes | null): Command {
  const cwd = realFolder(command.cwd);
  const placed = { ...command, cwd };
  return {
    ...placed,
    programs: findPrograms(placed).map((path) => bindProgram(path, hashes)),
    files: command.files.map((file) => bindFile(file.path, cwd, hashes)),
    check: command.check === null ? null : bind(command.check, hashes),
  };
}

/**
 * Binds again and compares: null where the disk still holds what the command says, else the first
 * difference in words. A program that PATH now finds elsewhere is a difference like changed bytes.
 */
export function findChange(command: Command, hashes: FileHashes): string | null {
  const bound = [...command.programs, ...command.files];
  const isHashed = bound.some((file) => file.sha256 !== null);
  try {
    const now = bind({ ...command, check: null }, isHashed ? hashes : null);
    if (now.cwd !== command.cwd) {
      return `the folder is now \`${now.cwd}\`, not \`${command.cwd}\``;
    }
    return (
      firstDifference(command.programs, now.programs) ?? firstDifference(command.files, now.files)
    );
  } catch (error) {
    // Whatever it is, it cannot be told that nothing changed.
    return error instanceof Error ? error.message : 'it cannot be told';
  }
}

function firstDifference(bound: readonly BoundFile[], now: readonly BoundFile[]): string | null {
  for (const [at, was] of bound.entries()) {
    const is = now[at] ?? { path: 'nothing', sha256: null };
    if (is.path !== was.path) {
      return `\`${was.path}\` was bound, and now it would be \`${is.path}\``;
    }
    if (was.sha256 !== null && is.sha256 !== was.sha256) {
      return `\`${was.path}\` changed: its hash was ${was.sha256}, now it is ${is.sha256 ?? 'unreadable'}`;
    }
  }
  const extra = now[bound.length];
  return extra === undefined ? null : `\`${extra.path}\` would run and was not bound`;
}

function realFolder(cwd: string): string {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError({
      code: 'cwd_missing',
      message: `there is no folder \`${cwd}\` for the step to run in`,
      hint: 'create it, or change `cwd`',
    });
  }
  return realpathSync(cwd);
}

/** An approval of a program that cannot be hashed would be refused at the spawn; better before anybody is asked. */
function bindProgram(path: string, hashes: FileHashes | null): BoundFile {
  try {
    return { path, sha256: hashes?.program(path) ?? null };
  } catch (cause) {
    throw new UsageError({
      code: 'program_unreadable',
      message: `\`${path}\` cannot be read, so no approval can bind its content: ${codeOf(cause)}`,
      hint: 'make it readable, or start it from a `run` script, where it is listed as not bound',
      cause,
    });
  }
}

function bindFile(name: string, cwd: string, hashes: FileHashes | null): BoundFile {
  const path = resolve(cwd, name);
  const real = readOrExplain(path, (it) => realpathSync(it));
  if (!statSync(real).isFile()) {
    throw new UsageError({
      code: 'file_not_regular',
      message: `\`${path}\`, named in \`files\`, is not a regular file`,
      hint: 'name each file by itself',
    });
  }
  return { path: real, sha256: hashes === null ? null : readOrExplain(real, hashes.file) };
}

function readOrExplain<T>(path: string, read: (path: string) => T): T {
  try {
    return read(path);
  } catch (cause) {
    throw new UsageError({
      code: 'file_missing',
      message: `\`${path}\`, named in \`files\`, cannot be read: ${codeOf(cause)}`,
      hint: 'create it or make it readable, or take it out of `files`',
      cause,
    });
  }
}
