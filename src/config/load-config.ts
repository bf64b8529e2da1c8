import { join } from 'node:path';
import { type Config, parseConfig } from '../policy/config.ts';
import { assertTrustedFolder, loadTrustedFile } from './load-trusted-file.ts';
import { configDir, type Env } from './paths.ts';

/** `config.yaml` alone, for what asks neither who may approve nor when. Throws as `loadTrusted` does. */
export function loadConfig(env: Env, dir = configDir(env)): Config {
  assertTrustedFolder(dir);
  return loadTrustedFile(join(dir, 'config.yaml'), parseConfig).value;
}
