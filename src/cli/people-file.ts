import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { readIfExists, writeFileDurably } from '../base/files.ts';
import { loadTrusted } from '../config/load.ts';
import { configDir } from '../config/paths.ts';
import type { Cli } from './cli.ts';

/**
 * Changes people.yaml and has the journal record the new text at once: from that entry on it is in force.
 * Refused where the folder is one that somebody else could write to.
 */
export async function editPeople(
  cli: Cli,
  edit: (text: string) => string,
): Promise<{ readonly changed: boolean; readonly file: string }> {
  const { dir, people } = loadTrusted(cli.io.env);
  const file = join(dir, 'people.yaml');
  const text = edit(people.text);
  const changed = text !== people.text;
  if (changed) {
    makeConfigDir(cli);
    writeFileDurably(file, text, modeOf(file));
  }
  const service = await cli.openService();
  await service.initialise();
  return { changed, file };
}

/** What the machine has for everybody stays readable for everybody. */
function modeOf(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? 0o600 : stats.mode & 0o777;
}

/** The folder of the trusted files, made 0700 where it is missing. Throws UsageError `config_unwritable`. */
export function makeConfigDir({ io }: Cli): string {
  const dir = configDir(io.env);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.W_OK);
  } catch (cause) {
    throw new UsageError({
      code: 'config_unwritable',
      message: `you may not write in \`${dir}\``,
      hint: 'its owner changes the configuration',
      cause,
    });
  }
  return dir;
}

/** Writes a file unless it is there; answers whether it wrote. */
export function writeIfMissing(path: string, text: string, mode: number): boolean {
  if (readIfExists(path) !== null) {
    return false;
  }
  writeFileDurably(path, text, mode);
  return true;
}
