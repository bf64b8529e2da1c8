import { randomInt } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { aClick } from '../channels/slack/payloads.ts';
import { eventually } from '../support/eventually.ts';
import {
  decisionIn,
  openServedAgent,
  restartFile,
  type ServedAgent,
  serverEnv,
} from '../support/served-agent.ts';
import { type Home, homeOf, mayBeOthers, programForAll, startServing } from '../support/serving.ts';
import { openSlackSocket, type SlackSocketServer } from '../support/slack-socket.ts';
import { openSlackWeb, type SlackWeb } from '../support/slack-web.ts';

interface Slack {
  readonly web: SlackWeb;
  readonly socket: SlackSocketServer;
}

async function openWorkspace(): Promise<Slack> {
  const web = await openSlackWeb();
  const socket = await openSlackSocket();
  web.socketUrl = `${new URL(socket.apiUrl).origin.replace('http', 'ws')}/link`;
  return { web, socket };
}

const secrets = { SLACK_BOT_TOKEN: 'xoxb-test-token', SLACK_APP_TOKEN: 'xapp-test-token' };

/** Who is who, and the channel where cards go. */
function filesFor({ web }: Slack, more: { readonly ana?: string; readonly policy?: string } = {}) {
  const slack = (name: string) => `slack: [${web.team}/${web.user(name)}]`;
  const account = more.ana === undefined ? '' : `, os_users: ["${more.ana}"]`;
  return {
    'config/people.yaml': `people:
  - { name: ana, agents: [deploy-bot], ${slack('ana')}${account} }
  - { name: robin, ${slack('robin')} }
`,
    'config/policy.yaml': more.policy ?? '',
    'config/config.yaml': `channels:
  slack:
    channel: ${web.channel}
    bot_token: { env: SLACK_BOT_TOKEN }
    app_token: { env: SLACK_APP_TOKEN }
    buttons: unprotected
    api: ${web.url}
`,
  };
}

/** Presses a button of the newest card, as this person. */
async function press({ web, socket }: Slack, button: string, name: string): Promise<void> {
  const [card] = (await web.messages()).slice(-1);
  const found = buttonsOf(card).find(({ action_id }) => action_id === button);
  const user = web.user(name);
  await eventually(() => socket.connections).toBeGreaterThan(0);
  socket.deliver(
    aClick({
      action: button,
      value: found?.value ?? 'no such button',
      user,
      team: web.team,
      app: 'A0RUNBOOK',
      channel: web.channel,
      message: card?.ts ?? '',
      at: `${Math.floor(Date.now() / 1000)}.${String(randomInt(1e6)).padStart(6, '0')}`,
    }),
    { times: 2 },
  );
}

interface Button {
  readonly type: string;
  readonly action_id: string;
  readonly value?: string;
}

function buttonsOf(card: { readonly blocks: readonly object[] } | undefined): readonly Button[] {
  const blocks = (card?.blocks ?? []) as { readonly elements?: readonly Button[] }[];
  return blocks.flatMap(({ elements = [] }) => elements.filter(({ type }) => type === 'button'));
}

async function cardText({ web }: Slack): Promise<string> {
  return JSON.stringify((await web.messages()).at(-1)?.blocks ?? []);
}

function whispersTo({ web }: Slack, name: string): readonly string[] {
  return web.calls
    .filter(
      ({ method, args }) => method === 'chat.postEphemeral' && args['user'] === web.user(name),
    )
    .map(({ args }) => args['text'] ?? '');
}

interface Scene extends ServedAgent {
  readonly slack: Slack;
}

async function openScene(): Promise<Scene> {
  const slack = await openWorkspace();
  return { ...(await openServedAgent(filesFor(slack), secrets)), slack };
}

async function startWaiting({ slack, start }: Scene): Promise<string> {
  const { run } = await start();
  await eventually(() => cardText(slack)).toContain('runbook.approve');
  return run;
}

// Only root can have a server under an account of its own; everywhere else nothing here would be proven.
describe.skipIf(!mayBeOthers)('a server under its own account', () => {
  test('takes a click in Slack at A1, and the run goes on', async () => {
    const scene = await openScene();
    const { slack, server, agent, asAgent, serving } = scene;
    const run = await startWaiting(scene);
    await press(slack, 'runbook.approve', 'robin');

    const waited = await agent.run(['wait', run, '--json'], asAgent);
    expect([waited.exitCode, waited.stderr]).toEqual([0, '']);
    const logs = await agent.run(['logs', run, 'restart'], asAgent);
    expect(logs.stdout).toBe('restarted\n');
    await eventually(() => cardText(slack)).toContain('succeeded');
    expect(await cardText(slack)).not.toContain('runbook.approve');
    expect(slack.web.problems).toEqual([]);

    expect(await serving.stop()).toBe(0);
    const decided = await decisionIn(server, run);
    expect(decided).toMatchObject({
      decision: 'approve',
      person: 'robin',
      assurance: 'A1',
      channel: 'slack',
      signature: null,
      attested: {
        identity: `slack:${slack.web.team}/${slack.web.user('robin')}`,
        receiver: `os:nobody@${hostname().toLowerCase()}`,
        matched_by: null,
      },
    });
    const verified = await server.run(['audit', 'verify', '--json']);
    expect([verified.exitCode, JSON.parse(verified.stdout)]).toMatchObject([0, { findings: [] }]);
  });

  test("refuses the agent's owner, who presses the same button", async () => {
    const scene = await openScene();
    const run = await startWaiting(scene);
    await press(scene.slack, 'runbook.approve', 'ana');
    await eventually(() => whispersTo(scene.slack, 'ana').join()).toContain('their own run');
    const status = await scene.agent.run(['status', run, '--json'], scene.asAgent);
    expect(JSON.parse(status.stdout)).toMatchObject({ status: 'waiting' });
  });

  test('comes back after a crash with its cards, and a click on an old one still counts once', async () => {
    const scene = await openScene();
    const { slack, server, agent, serving } = scene;
    const run = await startWaiting(scene);
    await serving.stop('SIGKILL');
    const again = await startServing(server, serverEnv(server, secrets));
    await press(slack, 'runbook.approve', 'robin');
    const asAgent = { ...scene.asAgent, RUNBOOK_SERVER: again.url };
    const waited = await agent.run(['wait', run, '--json'], asAgent);
    expect([waited.exitCode, waited.stderr]).toEqual([0, '']);
    expect((await agent.run(['logs', run, 'restart'], asAgent)).stdout).toBe('restarted\n');
    expect((await slack.web.messages()).length).toBe(1);
  });
});

describe('without a server, a waiting command', () => {
  test('takes a click at A0 where the floor takes that', async () => {
    const slack = await openWorkspace();
    const home = homeAlone(slack, 'floor: { assurance: A0 }\n');
    const waiting = home.run(['exec', 'restart', '--wait', '60s', '--json'], secrets);
    await eventually(() => cardText(slack)).toContain('runbook.approve');
    await press(slack, 'runbook.approve', 'robin');
    const { exitCode, stdout, stderr } = await waiting;
    expect([exitCode, stderr]).toEqual([0, '']);
    const { run } = JSON.parse(stdout) as { readonly run: string };
    expect(await decisionIn(home, run)).toMatchObject({ person: 'robin', assurance: 'A0' });
  });

  test('says no to a click where the floor asks for A1', async () => {
    const slack = await openWorkspace();
    const home = homeAlone(slack, '');
    const refused = await home.run(['exec', 'restart', '--wait', '60s', '--json'], secrets);
    expect(refused.exitCode).toBe(13);
    expect(JSON.parse(refused.stderr)).toMatchObject({ code: 'nobody_can_approve' });
  });
});

/** One host, one account: ana's, who runs everything herself. */
function homeAlone(slack: Slack, policy: string): Home {
  const { uid, gid, username } = userInfo();
  const ana = `${username}@${hostname().toLowerCase()}`;
  const home = homeOf(
    programForAll(),
    { uid, gid },
    {
      ...restartFile,
      ...filesFor(slack, { ana, policy }),
    },
  );
  return {
    ...home,
    run: (argv, more = {}) => home.run(argv, serverEnv(home, more)),
  };
}
