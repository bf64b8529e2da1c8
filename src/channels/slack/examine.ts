import type { SecretSource } from '../../base/secret-source.ts';
import { ChatError } from '../cards/chat-error.ts';
import { bad, good, readSecret, refusedBy } from '../cards/check.ts';
import type { Check } from '../channel.ts';
import type { SocketState } from './api/hold-socket.ts';
import { type SlackApi, type SlackSelf } from './api/slack-api.ts';
import { explainSlackCode } from './explain.ts';
import type { SlackSettings } from './settings.ts';

export interface ExamineInput {
  readonly settings: SlackSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly openApi: (token: string) => SlackApi;
  /** Who takes the clicks just now: every other connection would take some of them away. */
  readonly receiver: 'here' | 'another' | 'nobody';
  /** How the socket of this process stands. */
  readonly socket: () => SocketState | null;
  /** Throws ChatError where Slack would give no connection. */
  readonly askForSocket: (appToken: string) => Promise<void>;
  /** Opens a socket, waits for Slack's hello or for what went wrong, and closes it. */
  readonly trySocket: (appToken: string) => Promise<SocketState>;
}

/** Everything that must be in place on both sides, a check each; after one that fails the rest still speaks. */
export async function examineSlack(input: ExamineInput): Promise<readonly Check[]> {
  const { settings } = input;
  const bot = await examineToken(input);
  const channels = [
    ...new Set([settings.channel, ...settings.routes.map(({ channel }) => channel)]),
  ];
  const known = bot.known;
  const rest =
    known === null
      ? []
      : [
          examineScopes(settings, known.self),
          ...(await Promise.all(channels.map((channel) => examineChannel(known.api, channel)))),
        ];
  return [bot.check, ...rest, ...(await examineClicks(input))];
}

const app = 'api.slack.com/apps, your app,';

interface Known {
  readonly api: SlackApi;
  readonly self: SlackSelf;
}

async function examineToken(
  input: ExamineInput,
): Promise<{ readonly check: Check; readonly known: Known | null }> {
  const name = 'Slack: bot token';
  const token = readSecret(name, input.settings.botToken, input.env);
  if ('check' in token) {
    return { check: token.check, known: null };
  }
  const api = input.openApi(token.secret);
  try {
    const self = await api.whoAmI();
    const message = `works in workspace ${self.team}, as ${self.botUser}`;
    return { check: good(name, message), known: { api, self } };
  } catch (error) {
    return { check: refused(name, error), known: null };
  }
}

function examineScopes({ matchEmail }: SlackSettings, { scopes }: SlackSelf): Check {
  const name = 'Slack: scopes';
  const needed = ['chat:write', 'users:read', ...(matchEmail ? ['users:read.email'] : [])];
  const missing = needed.filter((scope) => !scopes.includes(scope));
  if (scopes.length === 0) {
    return good(name, 'Slack did not say which the token has');
  }
  return missing.length === 0
    ? good(name, needed.join(', '))
    : bad(
        name,
        `the token lacks ${missing.join(', ')}`,
        `${app} OAuth & Permissions, Bot Token Scopes: add ${missing.join(', ')}, then install it anew`,
      );
}

async function examineChannel(api: SlackApi, id: string): Promise<Check> {
  const name = `Slack: channel ${id}`;
  try {
    const { name: called, member, archived } = await api.channel(id);
    if (archived) {
      return bad(name, `\`#${called}\` is archived`, explainSlackCode('is_archived'));
    }
    return member
      ? good(name, `\`#${called}\`, and the app is in it`)
      : bad(name, `the app is not in \`#${called}\``, explainSlackCode('not_in_channel'));
  } catch (error) {
    if (error instanceof ChatError && error.code === 'missing_scope') {
      return good(name, 'not looked at: that takes the scopes channels:read and groups:read');
    }
    return refused(name, error);
  }
}

async function examineClicks(input: ExamineInput): Promise<readonly Check[]> {
  const { clicks } = input.settings;
  switch (clicks.kind) {
    case 'none':
      return [good('Slack: clicks', 'not received: cards have no buttons')];
    case 'http':
      return [examineSigningSecret(clicks.signingSecret, input.env), interactivity('http')];
    case 'socket':
      return [await examineSocket(input, clicks.appToken), interactivity('socket')];
  }
}

function examineSigningSecret(source: SecretSource, env: ExamineInput['env']): Check {
  const name = 'Slack: signing secret';
  const read = readSecret(name, source, env);
  if ('check' in read) {
    return read.check;
  }
  return /^[0-9a-f]{32}$/.test(read.secret)
    ? good(name, 'found')
    : bad(
        name,
        'it does not look like one: 32 characters of 0-9 and a-f',
        `${app} Basic Information, App Credentials: Signing Secret`,
      );
}

async function examineSocket(input: ExamineInput, source: SecretSource): Promise<Check> {
  const name = 'Slack: app token and socket';
  const read = readSecret(name, source, input.env);
  if ('check' in read) {
    return read.check;
  }
  if (input.receiver === 'another') {
    return askedForSocket(name, () => input.askForSocket(read.secret));
  }
  const state = input.receiver === 'here' ? input.socket() : await input.trySocket(read.secret);
  return sayState(name, state ?? { kind: 'connecting' });
}

async function askedForSocket(name: string, ask: () => Promise<void>): Promise<Check> {
  try {
    await ask();
    return good(name, 'Slack takes the token; another process of this journal receives');
  } catch (error) {
    return refused(name, error);
  }
}

const socketHint = `${app} Socket Mode: on; Basic Information, App-Level Tokens: one (xapp-…) with connections:write`;

function sayState(name: string, state: SocketState): Check {
  if (state.kind !== 'connected') {
    const why = state.kind === 'lost' ? state.why : 'Slack did not say hello';
    return bad(name, why, socketHint);
  }
  const { others } = state;
  const also = others === 1 ? '1 other connection uses' : `${others} other connections use`;
  return others === 0
    ? good(name, 'connects')
    : bad(
        name,
        `connects, but ${also} this app: Slack gives each click to one of them at random`,
        'one app for each journal: make another app for the other, or end what still runs',
      );
}

/** Nothing that a bot may ask says whether it is on. */
function interactivity(kind: 'http' | 'socket'): Check {
  const url = kind === 'http' ? ', with the URL of this server and /slack/interactivity' : '';
  return good(
    'Slack: interactivity',
    `Slack does not say; under Interactivity & Shortcuts it must be on${url}`,
  );
}

const refused = refusedBy('Slack', explainSlackCode);
