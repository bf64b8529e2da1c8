import { Command, Option } from 'commander';
import { reviewFindings } from '../../approval/statement/review-statement.ts';
import type { Cli } from '../cli.ts';
import { runBreakGlassList } from './break-glass-list.ts';
import { type ReviewFlags, runBreakGlassReview } from './break-glass-review.ts';

export function breakGlassCommand(cli: Cli): Command {
  const group = new Command('break-glass').description(
    'Shows what was done under break-glass, where somebody acted on their own signature, and reviews it. Until it is reviewed, the next one under the same rule in the same environment is refused.',
  );
  group
    .command('list')
    .summary('list what owes a review')
    .description('Lists what was done under break-glass and nobody has reviewed, the newest first.')
    .option('--all', 'what has been reviewed, too')
    .addHelpText('after', '\nExample:\n  runbook break-glass list --all --json')
    .action(async (flags: { readonly all?: true }) =>
      cli.finish(await runBreakGlassList(cli, flags)),
    );
  group
    .command('review')
    .summary('sign what you find of it')
    .description(
      'Shows what was asked for, what ran and what came of it, and signs what you find. Either finding pays the debt. Whoever acted, or stands behind the run, cannot review it.',
    )
    .argument('<request>', 'its id, its words, or how either begins')
    .addOption(
      new Option('--finding <finding>', 'what you find; part of what is signed')
        .choices(reviewFindings)
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'why; part of what is signed')
    .option('--key <file>', 'sign with this SSH private key, or PKCS#8 Ed25519 key')
    .option('--ssh-agent', 'sign with a key that your SSH agent holds')
    .addHelpText(
      'after',
      `
Example:
  runbook break-glass review 4f7k --finding justified --reason "payments were down, and this was the way" --key ~/.ssh/id_ed25519`,
    )
    .action(async (request: string, flags: ReviewFlags) =>
      cli.finish(await runBreakGlassReview(cli, request, flags)),
    );
  return group;
}
