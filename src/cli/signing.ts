import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { Cli, SignerChoice } from './cli.ts';
import type { SigningFlags } from './flags.ts';

/** The key a person chose to sign with; null where they chose none. */
export function signerChoice(cli: Cli, { key, sshAgent }: SigningFlags): SignerChoice | null {
  if (key !== undefined && sshAgent === true) {
    throw new UsageError({
      code: 'flags_conflict',
      message: '`--key` and `--ssh-agent` do not go together',
    });
  }
  if (key !== undefined) {
    return { kind: 'file', path: resolve(cli.io.cwd, expandHome(key, cli)) };
  }
  return sshAgent === true ? { kind: 'agent' } : null;
}

/** As `signerChoice`, but without a key it says which ways there are. */
export function requireSigner(cli: Cli, flags: SigningFlags, command: string): SignerChoice {
  const choice = signerChoice(cli, flags);
  if (choice === null) {
    throw new UsageError({
      code: 'key_missing',
      message: 'this takes a signature with your own key, and no key is named',
      hint: `\`${command} --key ~/.ssh/id_ed25519\`, or \`${command} --ssh-agent\``,
    });
  }
  return choice;
}

/** `--key=~/.ssh/id` reaches us with its tilde: shells expand it only at the head of a word. */
function expandHome(path: string, { io }: Cli): string {
  return path.startsWith('~/') ? join(io.env['HOME'] ?? homedir(), path.slice(2)) : path;
}
