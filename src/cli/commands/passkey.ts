import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { durationFlag } from '../flags.ts';
import { runPasskeyInvite } from './passkey-invite.ts';
import { runPasskeyList } from './passkey-list.ts';
import { runPasskeyRemove } from './passkey-remove.ts';

export function passkeyCommand(cli: Cli): Command {
  const group = new Command('passkey').description(
    'Says whose passkey is whose: with one, people approve on the page under a signature of their own.',
  );
  group
    .command('invite')
    .summary('let a person enrol a passkey, by a link that works once')
    .description(
      'Prints a link by which a person of people.yaml enrols one passkey. Whoever opens it first becomes that person to approvals: give it to them alone. It works once, and only until it expires.',
    )
    .argument('<name>', 'the person')
    .option(
      '--expires <duration>',
      'how long it holds, at most 7d (default: 1h)',
      durationFlag,
      hourMs,
    )
    .addHelpText('after', '\nExample:\n  runbook passkey invite robin --expires 1d')
    .action(async (name: string, flags: { readonly expires: number }) =>
      cli.finish(await runPasskeyInvite(cli, name, flags.expires)),
    );
  group
    .command('list')
    .summary('list passkeys')
    .description('Lists passkeys, the newest first, with how they came to be whose they are.')
    .addHelpText('after', '\nExample:\n  runbook passkey list --json')
    .action(async () => cli.finish(await runPasskeyList(cli)));
  group
    .command('remove')
    .summary('remove a passkey')
    .description(
      'Removes a passkey: from now on it opens nothing, and what it signed counts for no step that has not started.',
    )
    .argument('<passkey>', 'its id, or how that begins')
    .option('--reason <text>', 'why')
    .addHelpText('after', '\nExample:\n  runbook passkey remove 4f7k --reason "phone lost"')
    .action(async (passkey: string, flags: { readonly reason?: string }) =>
      cli.finish(await runPasskeyRemove(cli, passkey, flags.reason ?? null)),
    );
  return group;
}

const hourMs = 3_600_000;
