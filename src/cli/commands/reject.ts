import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { decide } from '../decide.ts';
import { addDecisionFlags, type DecisionFlags } from '../flags.ts';
import { optionMissing } from '../usage.ts';

export function rejectCommand(cli: Cli): Command {
  return addDecisionFlags(new Command('reject'))
    .description(
      'Signs, with your own key, that it may not run. One rejection ends the run; its reason is told.',
    )
    .argument('[request]', 'the request, by its id or its words; without it the only open one')
    .option('--reason <text>', 'why; part of what is signed, and required for that')
    .addHelpText(
      'after',
      `
Examples:
  runbook reject amber-canoe-tiger-violin --reason "not during the sale" --key ~/.ssh/id_ed25519
  runbook reject --signature decision.txt`,
    )
    .action(async (request: string | undefined, options: RejectOptions) =>
      cli.finish(await runReject(cli, request ?? null, options)),
    );
}

export interface RejectOptions extends DecisionFlags {
  readonly reason?: string;
}

export async function runReject(
  cli: Cli,
  request: string | null,
  options: RejectOptions,
): Promise<number> {
  if (options.reason === undefined && options.signature === undefined) {
    throw optionMissing('reject', '--reason <text>');
  }
  return decide(cli, { ...options, decision: 'reject', request });
}
