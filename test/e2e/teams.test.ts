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
import { decisionIn, openServedAgent, type ServedAgent } from '../support/served-agent.ts';
import { mayBeOthers } from '../support/serving.ts';
import { appId, clientSecret } from '../support/teams-issuer.ts';

interface Scene extends ServedAgent {
  readonly teams: Playground;
}

/** The app in a team, a server under its own account, and an agent that calls it. */
async function openScene(how: { readonly signs: boolean }): Promise<Scene> {
  const teams = await openPlayground();
  teams.signs = how.signs;
  const secrets = { TEAMS_CLIENT_SECRET: clientSecret };
  const served = await openServedAgent(filesFor(teams, how.signs), secrets);
  const { serving } = served;
  teams.app = serving.url;
  await teams.install();
  await eventually(() => serving.log.join('\n')).toContain('installed in');
  return { ...served, teams };
}

function filesFor({ issuer, serviceUrl }: Playground, signs: boolean): Record<string, string> {
  const account = (name: keyof typeof users): string => `teams: [${tenant}/${users[name].object}]`;
  const test = signs
    ? `token_url: "${issuer.tokenUrl}", metadata_url: "${issuer.metadataUrl}"`
    : 'unauthenticated: true';
  return {
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

async function startWaiting({ teams, start }: Scene): Promise<string> {
  const { run } = await start();
  await eventually(() => cardIn(teams).text).toContain('runbook.approve');
  return run;
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
