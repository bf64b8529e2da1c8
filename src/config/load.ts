import { join } from 'node:path';
import type { People } from '../approval/people.ts';
import { parsePeople } from '../approval/people-schema.ts';
import { type Config, parseConfig } from '../policy/config.ts';
import type { Policy } from '../policy/policy.ts';
import { parsePolicy } from '../policy/schema.ts';
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
    people: loadTrustedFile(join(dir, 'people.yaml'), parsePeople),
    policy: loadTrustedFile(join(dir, 'policy.yaml'), parsePolicy),
    config: loadTrustedFile(join(dir, 'config.yaml'), parseConfig),
  };
}
