import type { RequestId, Sha256 } from '../base/ids.ts';
import type { Command } from '../runbook/command.ts';

/**
 * What the spawner takes, and the only thing it takes: the right to run the command with exactly this
 * digest, once. Made only after `step.started` is durable.
 */
export interface Permit {
  readonly digest: Sha256;
  /** Index of the `step.started` leaf that recorded the spawn. */
  readonly started: number;
  /** Goes into the step's environment as RUNBOOK_ATTEMPT, so that a survivor of a crash is recognised. */
  readonly attemptToken: string;
  readonly basis: PermitBasis;
}

/** Why a command may run. */
export type PermitBasis =
  | { readonly kind: 'policy' }
  | { readonly kind: 'grant'; readonly request: RequestId; readonly use: number }
  | { readonly kind: 'check'; readonly of: Sha256 };

/** What the one chokepoint is given. */
export interface Spawn {
  readonly permit: Permit;
  readonly command: Command;
}

/**
 * Why this spawn is refused; null where the permit is for it. Judged in the chokepoint itself, on the
 * very object that is about to run; what the disk holds by then is for the chokepoint to compare.
 */
export function checkSpawn(
  { permit, command }: Spawn,
  digestOf: (command: Command) => Sha256,
): string | null {
  const digest = digestOf(command);
  if (digest !== permit.digest) {
    return `the permit is for the command \`${permit.digest}\`, this one is \`${digest}\``;
  }
  if (!Number.isSafeInteger(permit.started) || permit.started < 0 || permit.attemptToken === '') {
    return 'the permit names no recorded start';
  }
  // A grant whose program anyone may still swap is no approval of what will run.
  const loose = [...command.programs, ...command.files].find((file) => file.sha256 === null);
  if (permit.basis.kind === 'grant' && loose !== undefined) {
    return `\`${loose.path}\` is not bound by its hash, but the permit rests on an approval`;
  }
  return null;
}
