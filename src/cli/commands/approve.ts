import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { decide } from '../decide.ts';
import { addSigningFlags, type SigningFlags } from '../flags.ts';

export function approveCommand(cli: Cli): Command {
  return addSigningFlags(new Command('approve'), 'review --export')
    .description(
      'Shows exactly what would run and signs, with your own key, that it may. Nothing runs here: a waiting exec goes on, or `resume` does.',
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
  runbook approve --signature decision.txt`,
    )
    .action(async (request: string | undefined, options: ApproveOptions) =>
      cli.finish(await runApprove(cli, request ?? null, options)),
    );
}

export interface ApproveOptions extends SigningFlags {
  readonly reason?: string;
}

export async function runApprove(
  cli: Cli,
  request: string | null,
  options: ApproveOptions,
): Promise<number> {
  return decide(cli, { ...options, decision: 'approve', request });
}
