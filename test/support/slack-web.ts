import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createEmulator } from 'emulate';
import { onTestFinished } from 'vitest';
import { problemsOfMessage, problemsOfView } from '../channels/slack/limits.ts';

/** One call as it came. */
export interface WebCall {
  readonly method: string;
  readonly args: Readonly<Record<string, string>>;
}

/** What is answered in Slack's place: an answer, or nothing. */
export type Fault =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: object | string;
    }
  | 'silence'
  | 'cut';

export interface ShownMessage {
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly object[];
}

/**
 * Slack's Web API as `emulate` has it, behind a proxy that adds what it lacks: tokens that are wrong,
 * outages, rate limits, guests, the app's id, the socket's address, and Block Kit's limits. A message that
 * Slack would refuse is refused, and kept in `problems`.
 */
export interface SlackWeb {
  /** For `api` in the settings. */
  readonly url: string;
  readonly token: string;
  readonly team: string;
  /** Two channels that the app is in. */
  readonly channel: string;
  readonly otherChannel: string;
  readonly calls: WebCall[];
  readonly problems: string[];
  /** Asked for every call: what goes wrong with it. */
  fault: (call: WebCall) => Fault | null;
  /** What the token may do, in the header of every answer. */
  scopes: string;
  /** Facts that are laid over `users.info`, by user. */
  readonly facts: Map<string, object>;
  /** What `apps.connections.open` answers; null as an app without Socket Mode. */
  socketUrl: string | null;
  /** The id of a user by name: `ana`, `robin`. */
  user(name: string): string;
  /** What stands in the channel, oldest first; without threads. */
  messages(channel?: string): Promise<readonly ShownMessage[]>;
  /** The thread below a message, without it. */
  thread(ts: string, channel?: string): Promise<readonly ShownMessage[]>;
  remove(ts: string, channel?: string): Promise<void>;
  /** How often a method was called. */
  count(method: string): number;
}

const token = 'xoxb-test-token';
const appToken = 'xapp-test-token';

/** Closed when the test is over. */
export async function openSlackWeb(): Promise<SlackWeb> {
  const seed = {
    slack: {
      users: ['ana', 'robin', 'kim'].map((name) => ({
        name,
        real_name: name,
        email: `${name}@example.com`,
      })),
      tokens: [{ token, user: 'admin', scopes: ['chat:write', 'users:read', 'channels:read'] }],
    },
  };
  const emulator = await createEmulator({ service: 'slack', port: 0, seed });
  const ask = (method: string, args: Readonly<Record<string, string>>): Promise<Answer> =>
    askEmulator(`${emulator.url}/api/${method}`, args);
  const members = (await ask('users.list', {}))['members'] as { id: string; name: string }[];
  const server = createServer((request, response) => {
    void serve({ web, ask }, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await emulator.close();
  });
  const channel = 'C000000001';
  const shown = async (method: string, args: Readonly<Record<string, string>>) =>
    ((await ask(method, args))['messages'] ?? []) as (ShownMessage & { thread_ts?: string })[];
  const web: SlackWeb = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    token,
    team: 'T0TEAM',
    channel,
    otherChannel: 'C000000002',
    calls: [],
    problems: [],
    fault: () => null,
    scopes: 'chat:write,users:read,channels:read,groups:read',
    facts: new Map(),
    socketUrl: null,
    user: (name) => members.find((it) => it.name === name)?.id ?? '',
    messages: async (of = channel) =>
      (await shown('conversations.history', { channel: of, limit: '999' }))
        .filter(({ ts, thread_ts }) => thread_ts === undefined || thread_ts === ts)
        .sort((one, other) => Number(one.ts) - Number(other.ts)),
    thread: async (ts, of = channel) =>
      (await shown('conversations.replies', { channel: of, ts, limit: '999' })).filter(
        (it) => it.ts !== ts,
      ),
    remove: async (ts, of = channel) => {
      await ask('chat.delete', { channel: of, ts });
    },
    count: (method) => web.calls.filter((call) => call.method === method).length,
  };
  return web;
}

type Answer = Record<string, unknown>;

async function askEmulator(url: string, args: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new URLSearchParams(args),
  });
  return (await response.json()) as Answer;
}

interface Backend {
  readonly web: SlackWeb;
  readonly ask: (method: string, args: Readonly<Record<string, string>>) => Promise<Answer>;
}

async function serve(
  { web, ask }: Backend,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = new URL(request.url ?? '/', 'http://slack').pathname.slice('/api/'.length);
  const call = { method, args: Object.fromEntries(new URLSearchParams(await text(request))) };
  web.calls.push(call);
  const fault = web.fault(call);
  if (fault === 'silence') {
    return;
  }
  if (fault === 'cut') {
    response.destroy();
    return;
  }
  if (fault !== null) {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
    const { body = {} } = fault;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return;
  }
  const bearer = request.headers.authorization ?? '';
  const answer = await answerTo({ web, ask }, call, bearer.replace(/^Bearer /, ''));
  response.writeHead(200, { 'content-type': 'application/json', 'x-oauth-scopes': web.scopes });
  response.end(JSON.stringify(answer));
}

async function answerTo({ web, ask }: Backend, call: WebCall, bearer: string): Promise<Answer> {
  const { method, args } = call;
  const refused = refuse(web, call, bearer);
  if (refused !== null) {
    return { ok: false, error: refused };
  }
  switch (method) {
    case 'apps.connections.open':
      return { ok: true, url: web.socketUrl };
    case 'bots.info':
      return { ok: true, bot: { id: args['bot'], app_id: 'A0RUNBOOK' } };
    case 'auth.test':
      return { ...(await ask(method, args)), team_id: web.team, bot_id: 'B0RUNBOOK' };
    case 'users.info': {
      const answer = await ask(method, args);
      const user = answer['user'] as object | undefined;
      const facts = {
        team_id: web.team,
        is_email_confirmed: true,
        ...web.facts.get(args['user'] ?? ''),
      };
      return user === undefined ? answer : { ...answer, user: { ...user, ...facts } };
    }
    default:
      return ask(method, args);
  }
}

/** What Slack checks and the emulator does not. */
function refuse(web: SlackWeb, { method, args }: WebCall, bearer: string): string | null {
  const socket = method === 'apps.connections.open';
  if (bearer !== (socket ? appToken : token)) {
    return 'invalid_auth';
  }
  if (socket && web.socketUrl === null) {
    return 'socket_mode_disabled';
  }
  const problems = problemsOf(method, args);
  web.problems.push(...problems.map((problem) => `${method}: ${problem}`));
  return problems.length === 0 ? null : 'invalid_blocks';
}

function problemsOf(method: string, args: Readonly<Record<string, string>>): readonly string[] {
  if (method === 'views.open') {
    return problemsOfView(JSON.parse(args['view'] ?? 'null'));
  }
  if (!method.startsWith('chat.')) {
    return [];
  }
  const blocks: unknown = args['blocks'] === undefined ? undefined : JSON.parse(args['blocks']);
  const unsafe = args['parse'] !== 'none' || args['link_names'] !== 'false';
  return [
    ...problemsOfMessage({ text: args['text'], blocks }),
    ...(unsafe ? ['the text would be searched for names and links'] : []),
  ];
}
