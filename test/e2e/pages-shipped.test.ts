import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check } from '../support/auditor.ts';
import { hasBrowser, openBrowser } from '../support/browser.ts';
import { openIssuer } from '../support/issuer.ts';
import { openServedAgent, type ServedAgent } from '../support/served-agent.ts';
import { mayBeOthers } from '../support/serving.ts';
import { arriveAt, openReviewer, passIssuer } from './reviewing.ts';

/** A server that robin logs in to by an issuer. */
async function openStory(): Promise<ServedAgent & { readonly issuer: string }> {
  const { issuer, client, secret } = await openIssuer();
  const files = {
    'config/people.yaml': `people:
  - { name: ana, agents: [deploy-bot] }
  - { name: robin, oidc: ["${issuer}#robin"] }
`,
    'config/config.yaml': `login:
  oidc:
    - { name: Example SSO, issuer: "${issuer}", client_id: ${client}, client_secret: { env: SSO } }
`,
  };
  return { ...(await openServedAgent(files, { SSO: secret })), issuer };
}

describe.skipIf(!hasBrowser || !mayBeOthers)('the program as it is shipped', () => {
  test('waits for a reviewer, who logs in, reads, and signs with a passkey; an auditor needs nothing of it', async () => {
    const { server, agent, issuer, serving, asAgent, start } = await openStory();
    const { url } = serving;
    const { run, requests } = await start();

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
