import { join } from 'node:path';
import type { People } from '../approval/people/people.ts';
import { parsePeople } from '../approval/people/people-schema.ts';
import { type Config, parseConfig } from '../policy/config.ts';
import type { Policy } from '../policy/policy.ts';
import { parsePolicy } from '../policy/schema/schema.ts';
import { assertTrustedFolder, loadTrustedFile, type TrustedFile } from './load-trusted-file.ts';
import { configDir, type Env } from './paths.ts';

/** The trusted configuration as it stands on the disk; what is in force is what the journal says. */
export interface TrustedFiles {
  readonly dir: string;
  readonly people: TrustedFile<People>;
  readonly policy: TrustedFile<Policy>;
  readonly config: TrustedFile<Config>;
}

/**
 * Reads the three files; one that is missing reads as empty. Throws ConfigError `config_untrusted` for a
 * path that somebody else could change, `config_unreadable`, and InvalidFileError for what is written
 * wrong in them.
 */
export function loadTrusted(env: Env, dir = configDir(env)): TrustedFiles {
  assertTrustedFolder(dir);
  return {
    dir,
    people: loadTrustedFile(join(dir, 'people.yaml'), readPeople),
    policy: loadTrustedFile(join(dir, 'policy.yaml'), readPolicy),
    config: loadTrustedFile(join(dir, 'config.yaml'), readConfig),
  };
}

/** The text of one of them, whatever may be wrong with the others. Throws ConfigError as `loadTrusted` does. */
export function loadTrustedText(
  env: Env,
  name: 'people' | 'policy' | 'config',
  dir = configDir(env),
): string {
  assertTrustedFolder(dir);
  return loadTrustedFile(join(dir, `${name}.yaml`), (text) => text).value;
}

const readPeople = remembering(parsePeople);
const readPolicy = remembering(parsePolicy);
const readConfig = remembering(parseConfig);

/** A server reads these files at every decision; what has not changed since is not parsed again. */
function remembering<Value>(parse: (text: string, file: string) => Value): typeof parse {
  let last: { readonly text: string; readonly file: string; readonly value: Value } | null = null;
  return (text, file) => {
    if (last === null || last.text !== text || last.file !== file) {
      last = { text, file, value: parse(text, file) };
    }
    return last.value;
  };
}
