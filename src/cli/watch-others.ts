import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { stateDir } from '../config/paths.ts';
import type { Watch, WatchParts } from '../witness/open-watch.ts';
import type { Cli } from './cli.ts';

export interface WatchChoice {
  /** Below the state directory, or from where the command was typed. */
  readonly dir: string;
  readonly name: string | null;
  /** Verifier keys. */
  readonly logs: readonly string[];
  readonly mirrors: boolean;
}

/** Opens what remembers the journals of other hosts; whoever opens it closes it. Throws as `openWatch`. */
export async function watchOthers(
  { io }: Cli,
  { dir, name, logs, mirrors }: WatchChoice,
  log: WatchParts['log'],
): Promise<Watch> {
  const { knownLogs } = await import('../witness/known-logs.ts');
  const { openWatch } = await import('../witness/open-watch.ts');
  return openWatch({
    dir,
    name: name ?? `${hostname()}/witness`,
    logs: knownLogs(logs),
    mirrors,
    clock: io.clock,
    log,
  });
}

/** Where it remembers: what was said, or a folder of this name in the state directory. */
export function watchFolder({ io }: Cli, said: string | null, otherwise: string): string {
  return said === null ? join(stateDir(io.env), otherwise) : resolve(io.cwd, said);
}
