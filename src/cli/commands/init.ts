import { mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { Command, Option } from 'commander';
import { addPerson } from '../../approval/people/edit-people.ts';
import { slackManifest } from '../../channels/slack/manifest.ts';
import { loadTrusted } from '../../config/load.ts';
import { stateDir } from '../../config/paths.ts';
import type { Finding } from '../../engine/reports.ts';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { collect } from '../flags.ts';
import { makeConfigDir, writeIfMissing } from '../people-file.ts';
import { type Made, renderMade } from '../render/made.ts';
import { resultStyle } from '../styles.ts';
import { configTemplate, helloRunbook, peopleTemplate, policyTemplate } from '../templates.ts';
import { renderFindings } from './doctor.ts';
import { askSlack, type SlackFlags, writeSlack } from './init-slack.ts';
import { initSystem } from './init-system.ts';
import { type TeamsFlags, writeTeamsPackage } from './init-teams.ts';
import { personOfFlags } from './people-add.ts';

export function initCommand(cli: Cli): Command {
  return new Command('init')
    .description(
      'Makes the configuration, with you in it, the journal and its key, and a first runbook. Nothing that is there is changed.',
    )
    .option('--person <name>', 'how you are called; without it your user name')
    .option('--ssh-key <file>', "your public key file, for approving others' runs", collect)
    .option('--no-example', 'write no runbooks/hello.yaml (nor does --slack)')
    .option('--slack', 'set Slack up and check it, step by step')
    .option('--slack-channel <id>', 'where cards go: C0123ABCD')
    .option('--slack-bot-token <where>', 'variable or file of the bot token (SLACK_BOT_TOKEN)')
    .option('--slack-app-token <where>', 'the same of the app token (SLACK_APP_TOKEN)')
    .option(
      '--slack-signing-secret <where>',
      'the same of the signing secret, for clicks over HTTP',
    )
    .addOption(
      new Option('--slack-buttons <where>', 'on which cards Approve and Reject stand').choices([
        'off',
        'unprotected',
        'everywhere',
      ]),
    )
    .option('--manifest', 'only print the manifest of the Slack app')
    .option(
      '--slack-url <url>',
      'in the manifest: where Slack calls the server, without Socket Mode',
    )
    .option('--teams-package <file>', 'only write the app package of Teams (a zip)')
    .option('--teams-app-id <id>', 'in it: the Application (client) ID')
    .option('--teams-url <url>', 'in it: the https address of the server')
    .option('--system', 'as root: /etc/runbook and /var/lib/runbook, for all accounts of this host')
    .option('--group <name>', 'with --system: who may see and decide requests (runbook)')
    .addHelpText('after', '\nExample:\n  runbook init --person ana --ssh-key ~/.ssh/id_ed25519.pub')
    .action(async (options: InitOptions) => cli.finish(await runInit(cli, options)));
}

export interface InitOptions extends SlackFlags, TeamsFlags {
  readonly group?: string;
  readonly slack?: true;
  readonly manifest?: true;
  readonly slackUrl?: string;
  readonly person?: string;
  readonly sshKey?: readonly string[];
  readonly example: boolean;
  readonly system?: true;
}

const addSecond = 'runbook people add NAME --ssh-key FILE.pub';

export async function runInit(cli: Cli, options: InitOptions): Promise<number> {
  if (options.system === true) {
    return initSystem(cli, options);
  }
  const written = writeApp(cli, options);
  if (written !== null) {
    return written;
  }
  const slack = options.slack === true;
  // Before anything is written: whether it is all there, and makes sense.
  const section = slack ? await askSlack(cli, options) : null;
  const files = [
    ...writeConfig(cli, options),
    ...(options.example && !slack ? [writeExample(cli)] : []),
    ...(slack ? writeSlack(cli, section) : []),
  ];
  const service = await cli.openService();
  const { origin, verifierKey, created } = await service.initialise();
  const journal = { what: stateDir(cli.io.env), made: created, about: `the journal ${origin}` };
  const people = loadTrusted(cli.io.env).people.value.people.length;
  const checks = slack ? await checkSlack(service) : null;
  cli.print(
    {
      ...(checks === null ? {} : { checks }),
      files: files.map(({ what, made }) => ({ file: what, made })),
      journal: { origin, verifier_key: verifierKey, made: created },
      next: { command: addSecond },
    },
    () =>
      renderMade([...files, journal], cli) +
      (checks === null ? '' : `\n${renderFindings(checks, resultStyle(cli))}`) +
      renderNextPerson(people),
  );
  sayRecovery(cli, created);
  return checks?.every(({ ok }) => ok) === false ? 1 : 0;
}

/** What a chat needs to know of the app, and nothing else; null where it was not asked for. */
function writeApp(cli: Cli, options: InitOptions): number | null {
  if (options.teamsPackage !== undefined) {
    return writeTeamsPackage(cli, options.teamsPackage, options);
  }
  if (options.manifest === true) {
    const manifest = slackManifest({ url: options.slackUrl ?? null });
    cli.print(manifest, () => `${JSON.stringify(manifest, null, 2)}\n`);
    return 0;
  }
  return null;
}

/** Best on the first day: afterwards whoever steals the journal's key could name one as well. */
function sayRecovery(cli: Cli, created: boolean): void {
  if (created) {
    cli.say(
      "\nFor the day the journal's key is lost or stolen, name one that is kept offline:\n  runbook journal key recovery --key FILE",
    );
  }
}

/** Of everything that doctor looks at, what is Slack's. */
async function checkSlack(service: Service): Promise<readonly Finding[]> {
  return (await service.doctor()).filter(({ name }) => /slack/i.test(name));
}

/** The trusted files; whoever calls is the first person in them. */
function writeConfig(cli: Cli, options: InitOptions): Made[] {
  // Before anything is written: whether this folder could be trusted at all.
  loadTrusted(cli.io.env);
  const { username } = userInfo();
  const name = options.person ?? personName(username);
  const account = `${username}@${hostname().toLowerCase()}`;
  const person = personOfFlags(cli, name, {
    osUser: [account],
    ...(options.sshKey === undefined ? {} : { sshKey: options.sshKey }),
  });
  const dir = makeConfigDir(cli);
  const texts = [
    ['people.yaml', addPerson(peopleTemplate, person), `${name}, who is ${account}`],
    ['policy.yaml', policyTemplate, 'every privileged step needs one other person'],
    ['config.yaml', configTemplate, 'environments, trusted runbook folders'],
  ] as const;
  return texts.map(([file, text, about]) => {
    const path = join(dir, file);
    return { what: path, made: writeIfMissing(path, text, 0o600), about };
  });
}

/** A user name as a person's: `J.Doe` is `j.doe`. */
function personName(username: string): string {
  const name = username
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z]+/, '');
  return name === '' ? 'me' : name;
}

function writeExample({ io }: Cli): Made {
  const path = join(io.cwd, 'runbooks', 'hello.yaml');
  mkdirSync(join(io.cwd, 'runbooks'), { recursive: true });
  return {
    what: relative(io.cwd, path),
    made: writeIfMissing(path, helloRunbook, 0o644),
    about: 'a first runbook: `runbook exec hello`',
  };
}

function renderNextPerson(people: number): string {
  const why =
    people > 1
      ? 'To add another person who may approve'
      : 'Nobody could approve for you yet. Add a second person';
  return `\n${why}:\n  ${addSecond}\n`;
}
