import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toBeSigned } from '../../src/approval/ssh/sshsig.ts';
import { assembleAssertion } from '../../src/server/web/assertion.ts';
import { call, invite } from '../server/web/ceremonies.ts';
import { browse } from '../server/web/visiting.ts';
import { hasBrowser } from '../support/browser.ts';
import {
  arriveAt,
  openLoggedIn,
  openReviewer,
  openReviewing,
  passIssuer,
  type Reviewing,
} from './reviewing.ts';

/** Another page on this machine: by its address another site, by its name the same site on another port. */
async function openEvil(host: 'localhost' | '127.0.0.1', body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><main>${body}</main>`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bound = server.address();
  return `http://${host}:${typeof bound === 'object' ? bound?.port : ''}`;
}

/** What robin's window would send to approve by the session alone, as a form that anybody can write. */
async function approvalForm({ origin, request, scene }: Reviewing): Promise<string> {
  const { hash } = await scene.service().describeRequest(request);
  return `<form method="post" action="${origin}/requests/${request}/decisions">
<input name="hash" value="${hash}"><input name="way" value="session"><button>Win</button></form>`;
}

async function expectUndecided(reviewing: Reviewing): Promise<void> {
  expect(await reviewing.entries('approval.decided')).toEqual([]);
  expect((await reviewing.scene.service().status(reviewing.run)).status).toBe('waiting');
}

/** Robin's passkey, in a window where robin is logged in with it. */
async function openOwner(reviewing: Reviewing): Promise<Page> {
  const { page } = await openReviewer(reviewing);
  await page.goto(`${reviewing.origin}/passkeys/new#${await invite(reviewing, 'robin')}`);
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await arriveAt(page, `${reviewing.origin}/passkeys/enrolled`);
  await page.goto(`${reviewing.origin}/requests/${reviewing.request}`);
  await page.getByRole('button', { name: 'Log in with a passkey' }).click();
  await arriveAt(page, `${reviewing.origin}/requests/${reviewing.request}`);
  return page;
}

describe.skipIf(!hasBrowser)('somebody who is logged in decides nothing', () => {
  test.each(['127.0.0.1', 'localhost'] as const)(
    'by a form of a page on %s, though the cookie may come along',
    async (host) => {
      const reviewing = await openReviewing();
      const page = await openLoggedIn(reviewing);
      await page.goto(await openEvil(host, await approvalForm(reviewing)));
      await page.getByRole('button', { name: 'Win' }).click();
      await page.waitForURL(`${reviewing.origin}/**`);
      expect(await page.getByRole('main').innerText()).toContain('forged_call');
      await expectUndecided(reviewing);
    },
  );

  test('by clicks on a page that frames ours: there is nothing in the frame', async () => {
    const reviewing = await openReviewing();
    const { origin, request } = reviewing;
    const page = await openLoggedIn(reviewing);
    const frame = `<iframe src="${origin}/requests/${request}" width="900" height="900"></iframe>`;
    await page.goto(await openEvil('localhost', frame));
    await expect
      .poll(() => page.frames().map((each) => each.url()))
      .toContain('chrome-error://chromewebdata/');
    expect(
      await page
        .frameLocator('iframe')
        .getByRole('button', { name: /Approve/ })
        .count(),
    ).toBe(0);
    await expectUndecided(reviewing);
  });

  test('by following every link of the page, as scanners do', async () => {
    const reviewing = await openReviewing();
    const page = await openLoggedIn(reviewing);
    const targets = await page.evaluate<string[]>(
      `[...document.querySelectorAll('a[href], form[action]')].map((one) => one.href ?? one.action)`,
    );
    expect(targets).toContain(`${page.url()}/decisions`);
    const before = (await reviewing.scene.engine().store.head()).size;
    for (const target of new Set(targets)) {
      await page.context().request.get(target);
    }
    expect((await reviewing.scene.engine().store.head()).size).toBe(before);
    await expectUndecided(reviewing);
  });

  test.each([
    ['that somebody else began', false, 'login_refused'],
    ['that somebody else began, and whose mark was put into their browser', true, 'other_session'],
  ])('by finishing a login %s', async (_, planted, code) => {
    const reviewing = await openReviewing({ policy: 'floor: { assurance: A2 }' });
    const attacker = await openLoggedIn(reviewing, { id: 'kim' });
    // The address that a phishing mail would carry.
    const begun = attacker.waitForRequest((call) =>
      call.url().startsWith(`${reviewing.issuer}/auth?`),
    );
    await attacker.getByRole('button', { name: /Approve with a fresh login/ }).click();
    const link = (await begun).url();
    const victim = await openLoggedIn(reviewing);
    if (planted) {
      const cookies = await attacker.context().cookies(reviewing.origin);
      await victim.context().addCookies(cookies.filter(({ name }) => name === 'runbook_pending'));
    }
    await victim.goto(link);
    await passIssuer(victim, reviewing, 'robin');
    expect(await victim.getByRole('main').innerText()).toContain(code);
    await expectUndecided(reviewing);
  });

  test('by a passkey that a page on another port of this host got to sign', async () => {
    const reviewing = await openReviewing({ policy: 'floor: { assurance: A3 }' });
    const page = await openOwner(reviewing);
    const { hash } = await reviewing.scene.service().describeRequest(reviewing.request);
    const robin = await browse(reviewing, 'robin');
    const asked = { hash, way: 'passkey', reason: 'x' };
    const path = `/requests/${reviewing.request}`;
    const { json } = await call(robin, `${path}/statement`, asked);
    const { statement = '', prepared = '' } = json;
    await page.goto(await openEvil('localhost', 'win a prize'));
    const namespace = 'approval@runbook/v1';
    const challenge = toBeSigned(namespace, Buffer.from(statement)).toString('base64url');
    const signed = await stolen(page, challenge);
    const { json: refused } = await call(robin, `${path}/signed`, { prepared, ...signed });
    expect(refused['code']).toBe('passkey_origin');
    // Nor past the page, by the API, under a token of whoever got it signed.
    const [{ public: publicKey } = { public: '' }] = await reviewing.entries('passkey.enrolled');
    const bytes = (name: keyof typeof signed) => Buffer.from(signed[name], 'base64url');
    const signature = assembleAssertion({
      publicKey,
      namespace,
      clientDataJSON: bytes('client_data'),
      authenticatorData: bytes('authenticator_data'),
      signature: bytes('signature'),
    });
    const token = await reviewing.token({ kind: 'person', id: 'kim' }, ['decide']);
    const answer = await reviewing.call('POST /v1/decisions', {
      token,
      body: { statement, signature },
    });
    expect(answer.json).toMatchObject({ code: 'passkey_origin' });
    await expectUndecided(reviewing);
  });

  test('by a passkey that is added under their session by somebody else’s login', async () => {
    const reviewing = await openReviewing();
    const { page } = await openReviewer(reviewing);
    const value = await reviewing.token({ kind: 'person', id: 'kim' }, ['read', 'decide']);
    await page.context().addCookies([{ name: 'runbook_session', value, url: reviewing.origin }]);
    await page.goto(`${reviewing.origin}/account`);
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await passIssuer(page, reviewing, 'robin');
    expect(await page.getByRole('alert').innerText()).toMatch(/robin|kim/);
    expect(await reviewing.entries('passkey.enrolled')).toEqual([]);
  });
});

type Stolen = Readonly<
  Record<'credential' | 'client_data' | 'authenticator_data' | 'signature', string>
>;

/** What a page of somebody else's gets where a passkey of this host signs there. */
async function stolen(page: Page, challenge: string): Promise<Stolen> {
  return page.evaluate<Stolen>(`(${askPasskey})('${challenge}')`);
}

const askPasskey = `async (challenge) => {
  const from = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const to = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const publicKey = { challenge: from(challenge), rpId: 'localhost', userVerification: 'required' };
  const { rawId, response } = await navigator.credentials.get({ publicKey });
  return {
    credential: to(rawId),
    client_data: to(response.clientDataJSON),
    authenticator_data: to(response.authenticatorData),
    signature: to(response.signature),
  };
}`;
