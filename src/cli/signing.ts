import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DeniedError, UsageError } from '../base/errors.ts';
import type { Cli, SignerChoice } from './cli.ts';
import type { SigningFlags } from './flags.ts';

type KeyChoice = Pick<SigningFlags, 'key' | 'sshAgent'>;

/** The key a person chose to sign with; null where they chose none. Throws DeniedError for an agent. */
export function signerChoice(cli: Cli, { key, sshAgent }: KeyChoice): SignerChoice | null {
  if (key === undefined && sshAgent !== true) {
    return null;
  }
  refuseAgent(cli);
  return key === undefined
    ? { kind: 'agent' }
    : { kind: 'file', path: resolve(cli.io.cwd, expandHome(key, cli)) };
}

/** As `signerChoice`, but without a key it says which ways there are. */
export function requireSigner(cli: Cli, flags: KeyChoice, command: string): SignerChoice {
  refuseAgent(cli);
  const choice = signerChoice(cli, flags);
  if (choice === null) {
    throw keyMissing(command);
  }
  return choice;
}

/** `otherwise` is a way without a key of one's own. */
export function keyMissing(command: string, otherwise?: string): UsageError {
  const ways = [`\`${command} --key ~/.ssh/id_ed25519\``, `or \`${command} --ssh-agent\``];
  return new UsageError({
    code: 'key_missing',
    message: 'this takes a signature with your own key, and no key is named',
    hint: [...ways, ...(otherwise === undefined ? [] : [otherwise])].join(', '),
  });
}

/** Whatever key or login an agent can reach, the person whose it is has decided nothing. Throws DeniedError. */
export function refuseAgent({ io }: Cli): void {
  const agent = io.env['RUNBOOK_AGENT'] ?? '';
  if (agent !== '') {
    throw new DeniedError({
      code: 'agent_decides',
      message: `agent \`${agent}\` cannot sign: a person decides, in a session of their own`,
      hint: 'what a person signed elsewhere is handed in with `--signature FILE`',
    });
  }
}

/** `--key=~/.ssh/id` reaches us with its tilde: shells expand it only at the head of a word. */
function expandHome(path: string, { io }: Cli): string {
  return path.startsWith('~/') ? join(io.env['HOME'] ?? homedir(), path.slice(2)) : path;
}
