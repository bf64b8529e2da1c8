import { describe, expect, onTestFinished, test } from 'vitest';
import {
  claimLink,
  formatLink,
  linkKey,
  parseLink,
} from '../../src/approval/people/account-link.ts';
import { aScene } from '../cli/scene.ts';
import { ana, bot, openServed, robin, type Served } from './served.ts';

/** What the receiver does when this code is typed in Slack: answers the code that Slack shows. */
async function typeInSlack({ scene }: Served, code: string): Promise<string> {
  const { store } = scene.engine();
  const link = parseLink((await store.getNote('slack', linkKey('robin'))) ?? '');
  const account = { identity: 'slack:T0TEAM/U0OTHER', name: 'Robin' };
  const nowMs = scene.clock.now().wallMs;
  const step = claimLink(link === null ? [] : [link], code, { account, nowMs });
  if (step.kind === 'refused') {
    throw new Error(step.message);
  }
  await store.putNote('slack', linkKey('robin'), formatLink(step.link));
  return step.claim.answer;
}

async function cliOf(served: Served, token: string) {
  const scene = aScene();
  onTestFinished(() => scene.close());
  return scene.with({ env: { RUNBOOK_SERVER: served.url, RUNBOOK_TOKEN: token } });
}

describe('runbook people link slack, through a server', () => {
  test('links nothing by itself: it prints the line for whoever keeps people.yaml', async () => {
    const served = await openServed();
    const before = served.scene.trusted.people;
    const cli = await cliOf(served, await served.token(robin, ['decide']));
    const begun = JSON.parse((await cli.run('people', 'link', 'slack', '--json')).stdout) as {
      person: string;
      code: string;
    };
    expect(begun.person).toBe('robin');
    const answer = await typeInSlack(served, begun.code);
    const wrong = await cli.run('people', 'link', 'slack', '--answer', '00000000', '--json');
    expect(wrong.exitCode).toBe(13);
    expect(wrong.stderr).toContain('link_refused');
    const said = await cli.run('people', 'link', 'slack', '--answer', answer);
    expect(said.stdout).toContain('runbook people add robin --slack T0TEAM/U0OTHER');
    expect(served.scene.trusted.people).toBe(before);
  });

  test('is for people alone: neither an agent’s token nor an agent with a person’s', async () => {
    const served = await openServed();
    const person = await served.token(ana, ['decide', 'read']);
    const machine = await served.token(bot, ['start']);
    for (const [token, headers] of [
      [machine, {}],
      [person, { 'Runbook-Agent': 'deploy-bot' }],
      [person, { 'Runbook-Ci': 'github/acme/infra; actor=github/robin' }],
    ] as const) {
      const begin = { token, headers, body: { channel: 'slack' } };
      const refused = { status: 403, json: { code: 'not_a_person' } };
      expect(await served.call('POST /v1/links', begin)).toMatchObject(refused);
      const finish = { token, headers, body: { channel: 'slack', code: '00000000' } };
      expect(await served.call('POST /v1/links/answer', finish)).toMatchObject(refused);
    }
  });
});
