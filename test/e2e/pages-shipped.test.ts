import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check } from '../support/auditor.ts';
import { hasBrowser, openBrowser } from '../support/browser.ts';
import { openIssuer } from '../support/issuer.ts';
import {
  callerAccount,
  type Home,
  homeOf,
  mayBeOthers,
  programForAll,
  serverAccount,
  startServing,
} from '../support/serving.ts';
import { arriveAt, openReviewer, passIssuer } from './reviewing.ts';

const runbook = `name: restart
description: Restart the service.
steps:
  - { id: look, run: echo looking }
  - { id: restart, privileged: true, run: echo restarted }
`;

interface Story {
  readonly server: Home;
  readonly agent: Home;
  readonly issuer: string;
  readonly url: string;
  /** The variables by which the agent's commands go to the server. */
  readonly asAgent: Readonly<Record<string, string>>;
}

/** The program as it is shipped: a server under its own account, and an agent under another. */
async function openStory(): Promise<Story> {
  const { issuer, client, secret } = await openIssuer();
  const program = programForAll();
  const server = homeOf(program, serverAccount, {
    'runbooks/restart.yaml': runbook,
    'config/people.yaml': `people:
  - { name: ana, agents: [deploy-bot] }
  - { name: robin, oidc: ["${issuer}#robin"] }
`,
    'config/config.yaml': `login:
  oidc:
    - { name: Example SSO, issuer: "${issuer}", client_id: ${client}, client_secret: { env: SSO } }
`,
  });
  const agent = homeOf(program, callerAccount);
  const flags = ['--agent', 'deploy-bot', '--scope', 'start'];
  const token = (await server.run(['token', 'create', ...flags])).stdout.trim();
  const { url } = await startServing(server, {
    SSO: secret,
    RUNBOOK_PATH: `${server.dir}/runbooks`,
  });
  return { server, agent, issuer, url, asAgent: { RUNBOOK_SERVER: url, RUNBOOK_TOKEN: token } };
}

interface Waiting {
  readonly run: string;
  readonly requests: readonly { readonly request: string }[];
}

describe.skipIf(!hasBrowser || !mayBeOthers)('the program as it is shipped', () => {
  test('waits for a reviewer, who logs in, reads, and signs with a passkey; an auditor needs nothing of it', async () => {
    const { server, agent, issuer, url, asAgent } = await openStory();
    const started = await agent.run(['exec', 'restart', '--json'], asAgent);
    expect([started.exitCode, started.stderr]).toEqual([10, '']);
    const { run, requests } = JSON.parse(started.stdout) as Waiting;

    // By the address of the machine: a browser is led on to the name that passkeys know.
    const origin = url.replace('127.0.0.1', 'localhost');
    const path = `/requests/${requests[0]?.request ?? ''}`;
    const { page } = await openReviewer({ browser: await openBrowser() });
    await page.goto(`${url}${path}`);
    await page.getByRole('button', { name: 'Log in with Example SSO' }).click();
    await passIssuer(page, { issuer }, 'robin');
    await arriveAt(page, `${origin}${path}`);
    expect(await page.getByRole('main').innerText()).toContain('echo restarted');
    await page.getByRole('link', { name: 'enrol a passkey' }).click();
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await passIssuer(page, { issuer }, 'robin');
    await arriveAt(page, `${origin}/account`);
    await page.goto(`${origin}${path}`);
    await page.getByLabel('Reason').fill('the nightly restart');
    await page.getByRole('button', { name: /Approve with passkey/ }).click();

    const waited = await agent.run(['wait', run, '--json'], asAgent);
    expect([waited.exitCode, waited.stderr]).toEqual([0, '']);
    const logs = await agent.run(['logs', run, 'restart'], asAgent);
    expect(logs.stdout).toBe('restarted\n');

    const verified = await server.run(['audit', 'verify', '--json']);
    expect([verified.exitCode, JSON.parse(verified.stdout)]).toMatchObject([0, { findings: [] }]);
    expect(await server.run(['audit', 'export', run])).toMatchObject({ exitCode: 0 });
    const audited = check(readFileSync(join(server.dir, 'evidence.tar')));
    expect([audited.exitCode, audited.said]).toEqual([
      0,
      expect.stringMatching(/^HOLDS: .*; 2 signatures/),
    ]);
  });
});
