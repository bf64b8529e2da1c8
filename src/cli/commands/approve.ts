import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { decide } from '../decide.ts';
import { addDecisionFlags, type DecisionFlags } from '../flags.ts';

export function approveCommand(cli: Cli): Command {
  return addDecisionFlags(new Command('approve'))
    .description(
      'Shows exactly what would run and signs, with your own key, that it may. Nothing runs here: a waiting exec goes on, or `resume` does. At a server your login can decide without a key: then the server attests who it was, and nothing is signed.',
    )
    .argument('[request]', 'the request, by its id or its words; without it the only open one')
    .option('--reason <text>', 'why; part of what is signed')
    .addHelpText(
      'after',
      `
Examples:
  runbook approve amber-canoe-tiger-violin --key ~/.ssh/id_ed25519
  runbook approve --ssh-agent --reason "checked with the owner"
  runbook approve --offline request.json --key ~/.ssh/id_ed25519 > decision.txt
  runbook approve --signature decision.txt
  runbook approve amber-canoe-tiger-violin --yes`,
    )
    .action(async (request: string | undefined, options: ApproveOptions) =>
      cli.finish(await runApprove(cli, request ?? null, options)),
    );
}

export interface ApproveOptions extends DecisionFlags {
  readonly reason?: string;
}

export async function runApprove(
  cli: Cli,
  request: string | null,
  options: ApproveOptions,
): Promise<number> {
  return decide(cli, { ...options, decision: 'approve', request });
}
