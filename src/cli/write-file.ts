import { statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { type StagedFile, stageFile } from '../base/files.ts';
import type { Cli } from './cli.ts';

/** Writes a file that a flag names; never over one that is there. Throws UsageError `file_unwritable`. */
export function writeNewFile(cli: Cli, file: string, content: string | Buffer): void {
  orUnwritable(file, () => writeFileSync(resolve(cli.io.cwd, file), content, { flag: 'wx' }));
}

/** As `writeNewFile`, but in the place of one that is there. */
export function writeNamedFile(cli: Cli, file: string, text: string): void {
  orUnwritable(file, () => writeFileSync(resolve(cli.io.cwd, file), text));
}

/** As `writeNamedFile`, whole or not at all, and for nobody else to read. Gets its name with `place`. */
export function stageNamedFile(cli: Cli, file: string, bytes: Buffer | string): StagedFile {
  const path = resolve(cli.io.cwd, file);
  return orUnwritable(file, () => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new Error('it is a folder');
    }
    return stageFile(path, bytes, 0o600);
  });
}

/** Whose path may be a temporary name that nobody typed. */
const systemCall = /, \w+ '[^']*'$/;

function orUnwritable<Value>(file: string, write: () => Value): Value {
  try {
    return write();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.replace(systemCall, '') : String(cause);
    const message = `\`${file}\` cannot be written: ${words}`;
    throw new UsageError({ code: 'file_unwritable', message, cause });
  }
}
