import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { runGrantList } from './grant-list.ts';
import { runGrantRevoke } from './grant-revoke.ts';

export function grantCommand(cli: Cli): Command {
  const group = new Command('grant').description(
    'Shows the approvals that hold for more than one run, and ends them. `runbook exec --grant RULE` asks for one, under a rule of policy.',
  );
  group
    .command('list')
    .summary('list approvals that hold for later runs')
    .description(
      'Lists the approvals that later runs may use, the newest first: for what, how often still, until when, and who approved.',
    )
    .option('--all', 'those too that hold no more, or not yet')
    .addHelpText('after', '\nExample:\n  runbook grant list --all --json')
    .action(async (flags: { readonly all?: true }) => cli.finish(await runGrantList(cli, flags)));
  group
    .command('revoke')
    .summary('end one, for all runs')
    .description(
      'Ends an approval for all runs that come. It only makes things stricter, so anybody who may start a run may do it.',
    )
    .argument('<request>', 'its id, its words, or how either begins')
    .option('--reason <text>', 'why, for the journal')
    .addHelpText('after', '\nExample:\n  runbook grant revoke amber-canoe --reason "shards moved"')
    .action(async (request: string, flags: { readonly reason?: string }) =>
      cli.finish(await runGrantRevoke(cli, request, flags)),
    );
  return group;
}
