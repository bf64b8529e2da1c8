import { hostname } from 'node:os';
import { describe, expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { testWith } from '../support/foreign.ts';
import {
  openPlayground,
  type Playground,
  playgroundProgram,
  tenant,
  users,
} from '../support/playground.ts';
import {
  callerAccount,
  type Home,
  homeOf,
  mayBeOthers,
  programForAll,
  type Serving,
  serverAccount,
  startServing,
} from '../support/serving.ts';
import { appId, clientSecret } from '../support/teams-issuer.ts';

const runbook = `name: restart
description: Restart the service.
steps:
  - id: restart
    privileged: true
    run: echo restarted
`;

interface Scene {
  readonly teams: Playground;
  readonly server: Home;
  readonly agent: Home;
  readonly serving: Serving;
  /** The variables by which the agent's commands go to the server. */
  readonly asAgent: Readonly<Record<string, string>>;
}

/** The app in a team, a server under its own account, and an agent that calls it. */
async function openScene(how: { readonly signs: boolean }): Promise<Scene> {
  const teams = await openPlayground();
  teams.signs = how.signs;
  const program = programForAll();
  const server = homeOf(program, serverAccount, filesFor(teams, how.signs));
  const agent = homeOf(program, callerAccount);
  const made = await server.run(['token', 'create', '--agent', 'deploy-bot', '--scope', 'start']);
  const serving = await startServing(server, {
    TEAMS_CLIENT_SECRET: clientSecret,
    RUNBOOK_PATH: `${server.dir}/runbooks`,
  });
  teams.app = serving.url;
  const asAgent = { RUNBOOK_SERVER: serving.url, RUNBOOK_TOKEN: made.stdout.trim() };
  await teams.install();
  await eventually(() => serving.log.join('\n')).toContain('installed in');
  return { teams, server, agent, serving, asAgent };
}

function filesFor({ issuer, serviceUrl }: Playground, signs: boolean): Record<string, string> {
  const account = (name: keyof typeof users): string => `teams: [${tenant}/${users[name].object}]`;
  const test = signs
    ? `token_url: "${issuer.tokenUrl}", metadata_url: "${issuer.metadataUrl}"`
    : 'unauthenticated: true';
  return {
    'runbooks/restart.yaml': runbook,
    'config/people.yaml': `people:
  - { name: alex, agents: [deploy-bot], ${account('alex')} }
  - { name: robin, ${account('robin')} }
`,
    'config/config.yaml': `channels:
  teams:
    app_id: ${appId}
    client_secret: { env: TEAMS_CLIENT_SECRET }
    tenants: [${tenant}]
    buttons: unprotected
    test: { service_url: "${serviceUrl}", ${test} }
`,
  };
}

/** A card that Microsoft's program took, as everybody sees it. */
interface Shown {
  readonly activity: string;
  readonly text: string;
  /** What its buttons name. */
  readonly request: string;
}

/** The one card, as it was rewritten last. */
function cardIn({ sent }: Playground): Shown {
  const cards = sent.filter(({ status, body }) => status < 300 && body.includes('sha256'));
  const text = cards.at(-1)?.body ?? '';
  const [, request = ''] = /"data":\{"request":"([0-9a-f]{64})"/.exec(text) ?? [];
  const { id = '' } = JSON.parse(cards[0]?.answer ?? '{}') as { readonly id?: string };
  return { activity: id, text, request };
}

async function startWaiting({ teams, agent, asAgent }: Scene): Promise<string> {
  const started = await agent.run(['exec', 'restart', '--json'], asAgent);
  expect([started.exitCode, started.stderr]).toEqual([10, '']);
  await eventually(() => cardIn(teams).text).toContain('runbook.approve');
  return (JSON.parse(started.stdout) as { readonly run: string }).run;
}

// Only root can have a server under an account of its own; everywhere else nothing here would be proven.
describe.skipIf(!mayBeOthers)('a server under its own account', () => {
  testWith(
    [playgroundProgram],
    'takes an approval in Teams at A1, and the run goes on',
    async () => {
      const scene = await openScene({ signs: true });
      const { teams, server, agent, asAgent } = scene;
      const run = await startWaiting(scene);
      const { activity, request } = cardIn(teams);
      const button = { activity, verb: 'runbook.approve', data: { request } };

      const own = await teams.press({ ...button, user: 'alex' });
      expect(JSON.stringify(own)).toContain('their own run');
      const stranger = await teams.press({ ...button, user: 'kim' });
      expect(JSON.stringify(stranger)).toContain('maps to no person');

      const shown = await teams.press({ ...button, user: 'robin' });
      expect(JSON.stringify(shown)).toMatch(/"AdaptiveCard".*robin.*approved \(attested, A1\)/);
      const waited = await agent.run(['wait', run, '--json'], asAgent);
      expect([waited.exitCode, waited.stderr]).toEqual([0, '']);
      await eventually(() => cardIn(teams).text).toContain('the step succeeded');
      expect(cardIn(teams).text).not.toContain('runbook.approve');

      expect(await scene.serving.stop()).toBe(0);
      const decided = await decisionIn(server, run);
      expect(decided).toMatchObject({
        decision: 'approve',
        person: 'robin',
        assurance: 'A1',
        channel: 'teams',
        attested: {
          identity: `teams:${tenant}/${users.robin.object}`,
          receiver: `os:nobody@${hostname().toLowerCase()}`,
        },
      });
      const verified = await server.run(['audit', 'verify', '--json']);
      expect([verified.exitCode, JSON.parse(verified.stdout)]).toMatchObject([0, { findings: [] }]);
    },
    120_000,
  );

  testWith(
    [playgroundProgram],
    'takes a rejection with its reason, and none without',
    async () => {
      const scene = await openScene({ signs: false });
      const { teams, agent, asAgent } = scene;
      const run = await startWaiting(scene);
      const { activity, request } = cardIn(teams);
      const button = { activity, verb: 'runbook.reject', user: 'robin' } as const;

      const asked = await teams.press({ ...button, data: { request, reason: '  ' } });
      expect(JSON.stringify(asked)).toContain('Say why');
      await teams.press({ ...button, data: { request, reason: 'not on a Friday' } });
      const waited = await agent.run(['wait', run, '--json'], asAgent);
      expect(waited.exitCode).toBe(11);
      await eventually(() => cardIn(teams).text).toContain('Rejected by');
      expect(cardIn(teams).text).toContain('not on a Friday');
      expect(cardIn(teams).text).not.toContain('runbook.approve');
    },
    120_000,
  );
});

async function decisionIn(home: Home, run: string): Promise<unknown> {
  const log = await home.run(['audit', 'log', run, '--json']);
  const { entries } = JSON.parse(log.stdout) as {
    readonly entries: readonly { readonly index: number; readonly type: string }[];
  };
  const decided = entries.filter(({ type }) => type === 'approval.decided');
  expect(decided.length).toBe(1);
  const shown = await home.run(['audit', 'show', String(decided[0]?.index)]);
  return (JSON.parse(shown.stdout) as { readonly leaf: { readonly data: unknown } }).leaf.data;
}
