import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { root } from './cli.ts';
import { freePort } from './free-port.ts';
import { openTeamsIssuer, type TeamsIssuer } from './teams-issuer.ts';
import { tempFolder } from './temp-folder.ts';

/** Microsoft's own program. Its licence is for evaluation: it is tested against, and never shipped. */
export const playgroundProgram = join(root, 'node_modules/@microsoft/m365agentsplayground/cli.js');

export const tenant = '00000000-0000-4000-8000-000000000001';

/** People of the tenant. Alex is whom the playground acts as where nobody is named. */
export const users = {
  alex: { id: 'user-id-0', object: '00000000-0000-4000-8000-000000000020' },
  robin: { id: 'user-id-1', object: '00000000-0000-4000-8000-000000000021' },
  kim: { id: 'user-id-2', object: '00000000-0000-4000-8000-000000000022' },
} as const;

/** One call that went through, and what it was answered. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

/**
 * The Agents Playground, with a passage before it both ways: it takes the token from our calls and holds it
 * against the issuer, since the playground asks for none; and to what the playground sends it adds the one
 * that Teams would send.
 */
export interface Playground {
  readonly issuer: TeamsIssuer;
  readonly serviceUrl: string;
  /** The one team's first channel. */
  readonly conversation: string;
  /** Where the app is; null answers nothing. */
  app: string | null;
  /** Whether a token is added to what the playground sends. */
  signs: boolean;
  /** What we sent, and what Microsoft's program said to it. */
  readonly sent: readonly Passed[];
  /** What came to the app, and what it answered. */
  readonly came: readonly Passed[];
  install(): Promise<void>;
  /** Somebody presses a button of a message; answers what they are shown. */
  press(of: {
    readonly user: keyof typeof users;
    readonly activity: string;
    readonly verb: string;
    readonly data: object;
  }): Promise<unknown>;
}

/** Takes some six seconds. Ended when the test is over. */
export async function openPlayground(): Promise<Playground> {
  const issuer = await openTeamsIssuer();
  const sent: Passed[] = [];
  const came: Passed[] = [];
  const passage = createServer((request, response) => {
    void pass(playground, { request, response, origin, sent, came });
  });
  await new Promise<void>((resolve) => passage.listen(0, '127.0.0.1', resolve));
  const here = `http://127.0.0.1:${(passage.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    passage.closeAllConnections();
    await new Promise((resolve) => passage.close(resolve));
  });
  let origin = '';
  const ask = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const said = await response.text();
    if (!response.ok) {
      throw new Error(`the playground answers ${response.status}: ${said}`);
    }
    return said === '' ? null : JSON.parse(said);
  };
  const conversation = '19:ops@thread.tacv2';
  const playground: Playground = {
    issuer,
    serviceUrl: `${here}/_connector`,
    conversation,
    app: null,
    signs: true,
    sent,
    came,
    install: async () => {
      await ask(`/_debug/conversation/${conversation}/installation`, {});
    },
    press: ({ user, activity, verb, data }) =>
      ask('/_conversation/v1/invoke', {
        name: 'adaptiveCard/action',
        value: { action: { type: 'Action.Execute', verb, data }, trigger: 'manual' },
        from: { id: users[user].id },
        conversation: { id: `${conversation};messageid=${activity}` },
        replyToId: activity,
      }),
  };
  origin = await start(here, configFile(conversation));
  return playground;
}

/** The playground's own default, with ids of the form that Microsoft's have. */
function configFile(conversation: string): string {
  const user = (n: number) => ({
    id: `user-id-${n}`,
    name: `Person ${n}`,
    userPrincipleName: `person${n}@example.com`,
    aadObjectId: `00000000-0000-4000-8000-00000000002${n}`,
    givenName: 'Person',
    surname: String(n),
    email: `person${n}@example.com`,
  });
  return JSON.stringify({
    version: '0.1.1',
    tenantId: tenant,
    bot: { id: '28:app', name: 'runbook' },
    currentUser: user(0),
    users: [1, 2, 3, 4, 5].map(user),
    personalChat: { id: 'a:personal' },
    groupChat: { id: '19:group@thread.v2', name: 'Group' },
    team: {
      id: conversation,
      name: 'Ops',
      aadGroupId: '00000000-0000-4000-8000-000000000031',
      channels: [],
    },
  });
}

async function start(here: string, config: string): Promise<string> {
  const cwd = tempFolder({ '.m365agentsplayground.yml': config });
  const port = await freePort();
  const argv = ['start', '-e', `${here}/teams/messages`, '-c', 'msteams', '-p', String(port)];
  const more = ['--service-url', `${here}/_connector`, '--disable-telemetry'];
  const child = spawn(process.execPath, [playgroundProgram, ...argv, ...more], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, BROWSER: 'none' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });
  return `http://127.0.0.1:${await listening(child)}`;
}

async function listening({ stdout }: ChildProcess): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stdout ?? process.stdin })) {
    const [, port] = /^Listening on (\d+)$/.exec(line) ?? [];
    said.push(line);
    if (port !== undefined) {
      stdout?.resume();
      return port;
    }
  }
  throw new Error(`the playground ended:\n${said.join('\n')}`);
}

interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly origin: string;
  readonly sent: Passed[];
  readonly came: Passed[];
}

async function pass(playground: Playground, on: Passing): Promise<void> {
  const { request, response, origin, sent, came } = on;
  const { method = '', url: path = '' } = request;
  const body = await text(request);
  const outgoing = path.startsWith('/_connector');
  const bearer = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  if (method === 'HEAD' || (outgoing && !mayCall(playground, bearer))) {
    response.writeHead(outgoing ? 401 : 200).end();
    return;
  }
  const answer = await fetch(outgoing ? origin + path : (playground.app ?? '') + path, {
    method,
    headers: { 'content-type': 'application/json', ...(await tokenFor(playground, outgoing)) },
    ...(method === 'GET' ? {} : { body }),
  }).catch(() => new Response('', { status: 502 }));
  const said = await answer.text();
  const passed: Passed = { method, path, body, status: answer.status, answer: said };
  (outgoing ? sent : came).push(passed);
  const type = answer.headers.get('content-type') ?? 'text/plain';
  response.writeHead(answer.status, { 'content-type': type }).end(said);
}

function mayCall({ issuer, signs }: Playground, bearer: string): boolean {
  return signs ? issuer.issued.includes(bearer) : bearer === '';
}

async function tokenFor(
  { issuer, serviceUrl, signs }: Playground,
  outgoing: boolean,
): Promise<Record<string, string>> {
  return outgoing || !signs
    ? {}
    : { authorization: `Bearer ${await issuer.sign(serviceUrl, Date.now())}` };
}
