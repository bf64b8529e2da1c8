import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { decide } from '../decide.ts';
import { addSigningFlags, type SigningFlags } from '../flags.ts';

export function rejectCommand(cli: Cli): Command {
  return addSigningFlags(new Command('reject'))
    .description(
      'Signs, with your own key, that it may not run. One rejection ends the run; its reason is told.',
    )
    .argument('[request]', 'the request, by its id or its words; without it the only open one')
    .requiredOption('--reason <text>', 'why; part of what is signed')
    .option('--offline <file>', 'decide about a request that `review --export` wrote')
    .addHelpText(
      'after',
      '\nExample:\n  runbook reject amber-canoe-tiger-violin --reason "not during the sale" --key ~/.ssh/id_ed25519',
    )
    .action(async (request: string | undefined, options: RejectOptions) =>
      cli.finish(await runReject(cli, request ?? null, options)),
    );
}

export interface RejectOptions extends SigningFlags {
  readonly reason: string;
  readonly offline?: string;
}

export async function runReject(
  cli: Cli,
  request: string | null,
  options: RejectOptions,
): Promise<number> {
  return decide(cli, { ...options, decision: 'reject', request });
}
