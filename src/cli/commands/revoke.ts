import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { decide } from '../decide.ts';
import { addDecisionFlags, type DecisionFlags } from '../flags.ts';

export function revokeCommand(cli: Cli): Command {
  return addDecisionFlags(new Command('revoke'))
    .description('Takes your own approval back, as long as it has not been used.')
    .argument('[request]', 'the request, by its id or its words; without it the only open one')
    .option('--reason <text>', 'why; part of what is signed')
    .addHelpText(
      'after',
      '\nExample:\n  runbook revoke amber-canoe-tiger-violin --key ~/.ssh/id_ed25519',
    )
    .action(async (request: string | undefined, options: RevokeOptions) =>
      cli.finish(await runRevoke(cli, request ?? null, options)),
    );
}

export interface RevokeOptions extends DecisionFlags {
  readonly reason?: string;
}

export async function runRevoke(
  cli: Cli,
  request: string | null,
  options: RevokeOptions,
): Promise<number> {
  return decide(cli, { ...options, decision: 'revoke', request });
}
