import { join } from 'node:path';
import { isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { UsageError } from '../../base/errors.ts';
import { readIfExists, writeFileDurably } from '../../base/files.ts';
import { loadTrusted } from '../../config/load.ts';
import type { Cli } from '../cli.ts';
import { askText } from '../prompt.ts';
import { optionMissing } from '../usage.ts';

export interface SlackFlags {
  readonly slackChannel?: string;
  /** Where each is kept: the name of a variable, or a file. */
  readonly slackBotToken?: string;
  readonly slackAppToken?: string;
  readonly slackSigningSecret?: string;
  readonly slackButtons?: 'off' | 'unprotected' | 'everywhere';
}

interface Made {
  readonly what: string;
  readonly made: boolean;
  readonly about: string;
}

/** What is to be written, read from the flags before anything is; null where the section is there. */
export async function askSlack(cli: Cli, flags: SlackFlags): Promise<SlackSection | null> {
  const { dir, config } = loadTrusted(cli.io.env);
  if (!hasSlack(config.text)) {
    return sectionOf(cli, flags);
  }
  const unused = flagNames.filter(([flag]) => flags[flag] !== undefined).map(([, name]) => name);
  if (unused.length > 0) {
    const place = `${join(dir, 'config.yaml')}:${lineOfSlack(config.text)}`;
    cli.warn(
      `${unused.map((name) => `\`${name}\``).join(', ')} not used: \`channels.slack\` is there already; edit ${place}`,
    );
  }
  return null;
}

/** The section of `config.yaml`, and where nothing else lifts a click above A0 the floor that says so. */
export function writeSlack(cli: Cli, section: SlackSection | null): readonly Made[] {
  const { dir, config, policy } = loadTrusted(cli.io.env);
  const configFile = join(dir, 'config.yaml');
  if (section !== null) {
    const text = readIfExists(configFile)?.toString('utf8') ?? '';
    writeFileDurably(configFile, addSlack(text, section), 0o600);
  }
  const made: Made[] = [
    {
      what: `${configFile}: channels.slack`,
      made: section !== null,
      about: 'where cards go, and who may click',
    },
  ];
  const served = config.value.serve !== null || config.value.server !== null;
  const policyFile = join(dir, 'policy.yaml');
  if (section !== null && section.buttons !== 'off' && !served && !hasFloor(policy.text)) {
    writeFileDurably(policyFile, addFloor(policy.text), 0o600);
    const about = 'A0: without a server a click is the word of this machine alone';
    made.push({ what: `${policyFile}: floor`, made: true, about });
  }
  return made;
}

const flagNames = [
  ['slackChannel', '--slack-channel'],
  ['slackBotToken', '--slack-bot-token'],
  ['slackAppToken', '--slack-app-token'],
  ['slackSigningSecret', '--slack-signing-secret'],
  ['slackButtons', '--slack-buttons'],
] as const;

interface SlackSection {
  readonly channel: string;
  readonly bot_token: Place;
  readonly app_token?: Place;
  readonly signing_secret?: Place;
  readonly buttons: string;
}

type Place = { readonly env: string } | { readonly file: string };

async function sectionOf(cli: Cli, flags: SlackFlags): Promise<SlackSection> {
  const bot = placeOf('--slack-bot-token', flags.slackBotToken ?? 'SLACK_BOT_TOKEN');
  const { slackSigningSecret, slackAppToken = 'SLACK_APP_TOKEN' } = flags;
  const clicks =
    slackSigningSecret === undefined
      ? { app_token: placeOf('--slack-app-token', slackAppToken) }
      : { signing_secret: placeOf('--slack-signing-secret', slackSigningSecret) };
  return {
    channel: await channelOf(cli, flags),
    bot_token: bot,
    ...clicks,
    buttons: flags.slackButtons ?? 'unprotected',
  };
}

async function channelOf(cli: Cli, { slackChannel }: SlackFlags): Promise<string> {
  if (slackChannel === undefined && !cli.settings.interactive) {
    throw optionMissing('init', '--slack-channel <id>');
  }
  const id = slackChannel ?? (await askText(cli, 'Id of the Slack channel for cards (C…)'));
  if (/^[CG][A-Z0-9]+$/.test(id)) {
    return id;
  }
  throw new UsageError({
    code: 'usage',
    message: `\`${id}\` is no channel's id, such as \`C0123ABCD\``,
    hint: 'in Slack: the name of the channel, About, at the very end',
  });
}

/** A token on the command line would stand in the shell's history, and in the journal with the file. */
function placeOf(flag: string, where: string): Place {
  if (where.startsWith('/')) {
    return { file: where };
  }
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(where) && !/^(xox|xapp)/.test(where)) {
    return { env: where };
  }
  throw new UsageError({
    code: 'usage',
    message: `\`${flag}\` takes where the secret is kept, a variable's name or an absolute path, not the secret`,
  });
}

function hasSlack(text: string): boolean {
  return parseDocument(text).hasIn(['channels', 'slack']);
}

/** Where the section begins. */
function lineOfSlack(text: string): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const section = document.getIn(['channels', 'slack'], true);
  const start = isNode(section) ? (section.range?.[0] ?? 0) : 0;
  return lines.linePos(start).line;
}

function hasFloor(text: string): boolean {
  return parseDocument(text).has('floor');
}

/** All else stays, comments too. */
function addSlack(text: string, section: SlackSection): string {
  const document = parseDocument(text);
  const node = document.createNode(section);
  for (const key of ['bot_token', 'app_token', 'signing_secret']) {
    const place = node.get(key);
    if (isMap(place)) {
      place.flow = true;
    }
  }
  document.setIn(['channels', 'slack'], node);
  return document.toString({ lineWidth: 0 });
}

const why = ` Without a server this machine says itself who clicked (A0), and whoever starts runs here could make
 that up. With \`runbook serve\` under an account of its own a click is A1: then remove this line.`;

function addFloor(text: string): string {
  const document = parseDocument(text);
  const key = document.createNode('floor');
  key.commentBefore = why;
  document.set(key, document.createNode({ assurance: 'A0' }, { flow: true }));
  return document.toString({ lineWidth: 0 });
}
