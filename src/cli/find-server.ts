import { parseServerSection, parseServerUrl, type ServerSettings } from '../client/settings.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';

/**
 * Where commands go: `--local` says here, RUNBOOK_SERVER says where (empty: here), else `server` in
 * `config.yaml`. Null is this machine's own journal. Throws UsageError `server_invalid`, ConfigError.
 */
export function findServer({ env }: Io, { local }: Settings): ServerSettings | null {
  if (local) {
    return null;
  }
  const named = env['RUNBOOK_SERVER'];
  if (named !== undefined) {
    return named === '' ? null : { url: parseServerUrl(named), ca: null };
  }
  const section = loadConfig(env).server;
  return section === null ? null : parseServerSection(section);
}
