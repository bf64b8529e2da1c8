import { Command } from 'commander';
import { formatCode } from '../../approval/people/account-link.ts';
import { addPerson } from '../../approval/people/edit-people.ts';
import { RunbookError, UsageError } from '../../base/errors.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { LinkedAccount } from '../../engine/login-reports.ts';
import type { Cli } from '../cli.ts';
import { editPeople } from '../people-file.ts';
import { askChoice, askText } from '../prompt.ts';
import { personOfFlags } from './people-add.ts';

export function peopleLinkCommand(cli: Cli): Command {
  return new Command('link')
    .summary('link your own chat account')
    .description(
      'Links your own chat account to you, with one code typed there and one typed here. Only for a person at their own login, or with a token of their own; through a server it prints the line for whoever keeps its people.yaml.',
    )
    .argument('<channel>', 'slack')
    .option('--answer <code>', 'the code that the chat shows; without it you are asked')
    .addHelpText('after', '\nExample:\n  runbook people link slack')
    .action(async (channel: string, flags: LinkFlags) =>
      cli.finish(await runPeopleLink(cli, channel, flags)),
    );
}

export interface LinkFlags {
  /** The code that the chat shows, where it cannot be asked for. */
  readonly answer?: string;
}

/** Two codes, one each way; on a terminal in one go, else the second by `--answer`. */
async function runPeopleLink(cli: Cli, channel: string, flags: LinkFlags): Promise<number> {
  refuseOther(channel);
  const service = await cli.openService();
  if (flags.answer !== undefined) {
    return link(cli, await service.finishLink('slack', flags.answer));
  }
  const { person, code, expires_at } = await service.beginLink('slack');
  const command = 'runbook people link slack --answer CODE';
  if (!cli.settings.interactive) {
    cli.print(
      { person, code, expires_at, next: { command } },
      () => `${howTo(person, code)}\nThen: ${command}\n`,
    );
    return 0;
  }
  cli.io.stderr.write(`${howTo(person, code)}\n`);
  const answer = await askText(cli, 'The code that Slack shows:');
  const account = await service.finishLink('slack', answer);
  const yes = 'yes, that is me';
  const question = `${describe(account)} will decide as ${person}. Is that you?`;
  if ((await askChoice(cli, question, ['no', yes])) !== yes) {
    cli.say('nothing was linked');
    return 0;
  }
  return link(cli, account);
}

function refuseOther(channel: string): void {
  if (channel !== 'slack') {
    throw new UsageError({
      code: 'link_channel_unknown',
      message: `\`${channel}\` is no chat in which accounts can be linked`,
      hint: 'runbook people link slack',
    });
  }
}

function howTo(person: string, code: string): string {
  return `In Slack, type / into the message field and choose "Link my runbook account".
Type this code there, within ten minutes, and tell it to nobody:

    ${formatCode(code)}

Your Slack account will then decide as ${person}.`;
}

/** Where people.yaml is somebody else's to write, as a server's is, they get the command. */
async function link(cli: Cli, account: LinkedAccount): Promise<number> {
  const { person, identity } = account;
  const slack = identity.slice('slack:'.length);
  const command = `runbook people add ${person} --slack ${slack}`;
  const served = (await cli.server()) !== null;
  const written = served ? null : await write(cli, person, slack);
  cli.print(
    {
      ...account,
      changed: written?.changed ?? false,
      file: written?.file ?? null,
      next: written === null ? { command } : null,
    },
    () =>
      written === null
        ? `${describe(account)} is yours. Whoever keeps people.yaml adds it: ${command}\n`
        : `${describe(account)} now decides as ${person}, by ${written.file}\n`,
  );
  return 0;
}

/** Null where this account may not write it. */
async function write(
  cli: Cli,
  person: string,
  slack: string,
): Promise<Awaited<ReturnType<typeof editPeople>> | null> {
  return editPeople(cli, (text) =>
    addPerson(text, personOfFlags(cli, person, { slack: [slack] })),
  ).catch(notOurs);
}

function notOurs(error: unknown): null {
  if (error instanceof RunbookError && error.code === 'config_unwritable') {
    return null;
  }
  throw error;
}

/** What an account calls itself is anybody's choice: its id stands beside it. */
function describe({ identity, name }: LinkedAccount): string {
  return `the Slack account "${sanitizeLine(name)}" (${identity.slice('slack:'.length)})`;
}
