import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The environment variables of whoever calls. Nothing here reads the process's own. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The machine's own configuration. Where it is present nobody's environment can name another. */
export const systemConfigDir = '/etc/runbook';

/** Where `people.yaml`, `policy.yaml` and `config.yaml` are read. */
export function configDir(env: Env, systemDir = systemConfigDir): string {
  return existsSync(systemDir) ? systemDir : userConfigDir(env);
}

/** The caller's own, also where the machine has one: what they alone may read, such as their token. */
export function userConfigDir(env: Env): string {
  return choose(env, 'RUNBOOK_CONFIG_DIR', () =>
    join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'runbook'),
  );
}

/** Where the journal lies. */
export function stateDir(env: Env): string {
  return choose(env, 'RUNBOOK_STATE_DIR', () =>
    join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'runbook'),
  );
}

/** Where an approver's client keeps pins and receipts: never in the journal's folder. */
export function approverDir(env: Env): string {
  return choose(env, 'RUNBOOK_APPROVER_DIR', () =>
    join(xdg(env, 'XDG_DATA_HOME', '.local/share'), 'runbook-approver'),
  );
}

function choose(env: Env, variable: string, fallback: () => string): string {
  const named = env[variable];
  return named === undefined || named === '' ? fallback() : resolve(named);
}

/** The XDG specification has relative paths ignored. */
function xdg(env: Env, variable: string, fallback: string): string {
  const named = env[variable] ?? '';
  return isAbsolute(named) ? named : join(env['HOME'] || homedir(), fallback);
}
