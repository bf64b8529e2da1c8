import { Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.ts';
import { collect } from '../flags.ts';
import { type AgentAccount, type PersonFlags, runPeopleAdd } from './people-add.ts';
import { peopleLinkCommand } from './people-link.ts';
import { runPeopleList } from './people-list.ts';
import { runPeopleRemove } from './people-remove.ts';

export function peopleCommand(cli: Cli): Command {
  const group = new Command('people').description(
    'Says who may approve: people with all their identities, in people.yaml.',
  );
  addPersonCommand(cli, group);
  group
    .command('list')
    .summary('list people')
    .description('Lists people with their groups and identities.')
    .addHelpText('after', '\nExample:\n  runbook people list --json')
    .action(async () => cli.finish(await runPeopleList(cli)));
  group.addCommand(peopleLinkCommand(cli));
  group
    .command('remove')
    .summary('remove a person')
    .description('Removes a person. What they decided before stays in the journal.')
    .argument('<name>', 'the person')
    .addHelpText('after', '\nExample:\n  runbook people remove robin')
    .action(async (name: string) => cli.finish(await runPeopleRemove(cli, name)));
  return group;
}

function addPersonCommand(cli: Cli, group: Command): void {
  group
    .command('add')
    .summary('add a person, or what is new about one')
    .description(
      'Adds a person, or what is new about one. Everything else in people.yaml stays, comments too.',
    )
    .argument('<name>', 'how the person is called in policies and the journal')
    .option('--group <group>', 'a group; may be repeated', collect)
    .option('--ssh-key <file>', 'a public key file; may be repeated', collect)
    .option('--os-user <user@host>', 'an account; may be repeated', collect)
    .option('--slack <team/user>', 'a Slack account', collect)
    .option('--teams <tenant/object>', 'a Teams account', collect)
    .option('--email <address>', 'an address, for chats that are matched by it', collect)
    .option('--oidc <issuer#subject>', 'a login', collect)
    .option('--agent <id>', 'an agent or CI job this person answers for; may be repeated', collect)
    .option(
      '--agent-user <id=user@host>',
      "an account that is an agent's or CI job's own; may be repeated",
      (value: string, before: readonly AgentAccount[] | undefined) => [
        ...(before ?? []),
        agentAccount(value),
      ],
    )
    .addHelpText(
      'after',
      `
Examples:
  runbook people add robin --ssh-key robin.pub --group sre
  runbook people add ana --os-user ana@web1 --agent deploy-bot
  runbook people add ana --agent-user deploy-bot=bot@web1`,
    )
    .action(async (name: string, flags: PersonFlags) =>
      cli.finish(await runPeopleAdd(cli, name, flags)),
    );
}

function agentAccount(value: string): AgentAccount {
  const [, id, account] = /^([^=]+)=([^=]+)$/.exec(value) ?? [];
  if (id === undefined || account === undefined) {
    throw new InvalidArgumentError('Give ID=USER@HOST, such as deploy-bot=bot@web1.');
  }
  return [id, account];
}
