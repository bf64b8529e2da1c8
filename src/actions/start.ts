import { checkSpawn, type Spawn } from '../approval/permit.ts';
import type { Command } from '../runbook/command.ts';
import { commandDigest, secretsOf } from '../runbook/digest.ts';
import type { ActionIo, ActionResult } from './action.ts';
import { findChange } from './bind.ts';
import type { FileHashes } from './hash-file.ts';
import type { ActionSettings, Launch } from './launch.ts';

/**
 * The chokepoint. Everything a runbook does passes here, and only with a permit for exactly what is
 * about to run. From the first line of `findRefusal` to the spawn nothing waits: no other code of this
 * process can run in between, and for another process only the time of one system call is left.
 */
export async function start(given: Spawn, io: ActionIo, tools: StartTools): Promise<ActionResult> {
  // A copy: what is checked below is what runs, whatever the caller does to its own.
  const spawn = structuredClone(given);
  const { kind }: { readonly kind: string } = spawn.command.action;
  if (!startable.has(kind)) {
    // A step that a person does has no command. One that says so was made up, and is not guessed at.
    return { kind: 'refused', message: `nothing is started for an action \`${kind}\`` };
  }
  const launch = await loadLaunch(spawn.command.action);
  const refusal = findRefusal(spawn, tools.hashes);
  if (refusal !== null) {
    return { kind: 'refused', message: refusal };
  }
  const hindrance = findHindrance(spawn, io);
  if (hindrance !== null) {
    return { kind: 'not_started', message: hindrance };
  }
  const { command, permit } = spawn;
  return launch({ command, attemptToken: permit.attemptToken, io, settings: tools.settings });
}

export interface StartTools {
  readonly hashes: FileHashes;
  readonly settings: ActionSettings;
}

const startable: ReadonlySet<string> = new Set(['run', 'exec', 'http']);

function findRefusal(spawn: Spawn, hashes: FileHashes): string | null {
  return checkSpawn(spawn, commandDigest) ?? findChange(spawn.command, hashes);
}

function findHindrance({ command }: Spawn, io: ActionIo): string | null {
  const secret = secretsOf({ ...command, check: null }).find((name) => !io.secrets.has(name));
  if (secret !== undefined) {
    return `the secret \`${secret}\` has no value`;
  }
  if (command.stdin !== null) {
    return 'the command wants an input piped in, and there is none to give';
  }
  return io.signal.aborted ? 'it was cancelled before it started' : null;
}

/** Heavy parts load here, before the check, so that nothing is loaded between check and spawn. */
async function loadLaunch(action: Command['action']): Promise<Launch> {
  if (action.kind === 'http') {
    const { launchHttp } = await import('./http.ts');
    return launchHttp(action);
  }
  const { loadProcess } = await import('./process.ts');
  return loadProcess(action);
}
