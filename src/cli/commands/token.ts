import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { collect, durationFlag } from '../flags.ts';
import { runTokenCreate, type TokenFlags } from './token-create.ts';
import { runTokenList } from './token-list.ts';
import { runTokenRevoke } from './token-revoke.ts';

export function tokenCommand(cli: Cli): Command {
  const group = new Command('token').description(
    'Says who may call the server, and what each of them may do there.',
  );
  group
    .command('create')
    .summary('issue a token, and print its secret once')
    .description(
      'Issues a token for a person, an agent or a CI job of people.yaml, and prints its secret: this once, and it is kept nowhere. Scopes are start (start runs and follow them), read (see everything), decide (approve and reject as that person) and admin (revoke tokens and issue some). Only a person can hold decide or admin.',
    )
    .option('--person <name>', 'for this person')
    .option('--agent <id>', 'for this agent')
    .option('--ci <job>', 'for this CI job, such as github/acme/infra')
    .requiredOption('--scope <scopes>', 'what it allows, with commas; may be repeated', collect)
    .option(
      '--expires <duration>',
      'how long it lives, at most 366d (default: 30d)',
      durationFlag,
      30 * dayMs,
    )
    .option('--label <text>', 'what it is for')
    .addHelpText(
      'after',
      `
Examples:
  runbook token create --person ana --scope start,read,decide
  runbook token create --agent deploy-bot --scope start --expires 7d --label "nightly deploys"`,
    )
    .action(async (flags: TokenFlags) => cli.finish(await runTokenCreate(cli, flags)));
  group
    .command('list')
    .summary('list tokens')
    .description('Lists tokens, the newest first, without their secrets.')
    .addHelpText('after', '\nExample:\n  runbook token list --json')
    .action(async () => cli.finish(await runTokenList(cli)));
  group
    .command('revoke')
    .summary('revoke a token')
    .description('Revokes a token: from now on it opens nothing.')
    .argument('<token>', 'its id, or how that begins')
    .addHelpText('after', '\nExample:\n  runbook token revoke 4f7k')
    .action(async (token: string) => cli.finish(await runTokenRevoke(cli, token)));
  return group;
}

const dayMs = 86_400_000;
