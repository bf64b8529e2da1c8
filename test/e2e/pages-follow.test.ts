import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ana, openServed, robin, type Served, startGated } from '../server/served.ts';
import { findBarriers } from '../support/barriers.ts';
import { desk, hasBrowser, openBrowser, openWindow, phone } from '../support/browser.ts';

const talking = `name: gated
steps:
  - { id: look, exec: [echo, before] }
  - { id: change, privileged: true, run: 'echo one; sleep 1; echo "<b>two</b>"' }
`;

/** Somebody's browser, logged in, and everything that it complains of. */
async function openPages(served: Served, options: object = {}) {
  const { context, page } = await openWindow(await openBrowser(), options);
  const secret = await served.token(robin, ['read', 'decide']);
  await context.addCookies([{ name: 'runbook_session', value: secret, url: served.origin }]);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

async function start(served: Served) {
  return startGated(served, await served.token(ana, ['start', 'read']));
}

async function approve(served: Served, of: { request: string; hash: string }) {
  const token = await served.token(robin, ['decide']);
  const body = { hash: of.hash, decision: 'approve', reason: null };
  await served.call(`POST /v1/requests/${of.request}/decisions`, { token, body });
}

describe.skipIf(!hasBrowser)('in a real browser', () => {
  test('a run goes on before the eyes of whoever has its page open, and what it prints stays text', async () => {
    const served = await openServed({ runbook: talking });
    const started = await start(served);
    const { page, complaints } = await openPages(served);
    await page.goto(`${served.origin}/runs/${started.run}`);
    await page.getByText('Followed as it goes.').waitFor();
    await page.getByRole('heading', { name: 'Waits for a decision' }).waitFor();
    await approve(served, started);
    const output = page.locator('[data-output="change"] pre');
    await expect.poll(() => output.textContent(), { timeout: 20_000 }).toBe('one\n<b>two</b>\n');
    await page.getByText('The run has ended').waitFor();
    await expect.poll(() => cell(page, 'state change')).toBe('succeeded');
    await expect.poll(() => cell(page, 'status')).toBe('succeeded');
    await page.getByRole('heading', { name: 'Waits for a decision' }).waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
  });

  test('without scripts the page of a run says how it stands, and reloads', async () => {
    const served = await openServed({ runbook: talking });
    const { run } = await start(served);
    const { page } = await openPages(served, { javaScriptEnabled: false });
    await page.goto(`${served.origin}/runs/${run}`);
    expect(await cell(page, 'state change')).toBe('waits for approval');
    await page.getByRole('link', { name: 'Reload' }).click();
    expect(page.url()).toBe(`${served.origin}/runs/${run}`);
  });

  test('a form of ours is taken, and the policy of pages hinders none of them', async () => {
    const served = await openServed();
    const { page, complaints } = await openPages(served);
    for (const path of ['/', '/runs', '/journal', '/journal/0', '/account']) {
      await page.goto(`${served.origin}${path}`);
    }
    await page.goto(`${served.origin}/journal`);
    await page.getByRole('button', { name: 'Verify the journal' }).click();
    await page.getByRole('heading', { name: 'Verification' }).waitFor();
    expect(complaints).toEqual([]);
  });

  test.each([
    ['a phone, in the dark', { viewport: phone, colorScheme: 'dark' }],
    ['a desk, in the light', { viewport: desk, colorScheme: 'light' }],
  ])('runs and the journal are fit for %s', async (_where, options) => {
    const served = await openServed({ runbook: talking });
    const { run } = await start(served);
    const { page } = await openPages(served, options);
    for (const path of ['/runs', `/runs/${run}`, '/journal', '/journal/3', '/journal/9999']) {
      await page.goto(`${served.origin}${path}`);
      expect.soft(await findBarriers(page), path).toEqual([]);
    }
    await page.goto(`${served.origin}/journal`);
    await page.getByRole('button', { name: 'Verify the journal' }).click();
    await page.getByRole('heading', { name: 'Verification' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  test('a form on another site is refused, and so is a frame around our pages', async () => {
    const served = await openServed();
    const { page, context } = await openPages(served);
    const evil = await openEvil(
      `<form method="post" action="${served.origin}/journal/verify"><button>Win</button></form>`,
      `<iframe src="${served.origin}/journal"></iframe>`,
    );
    await page.goto(evil);
    await page.getByRole('button', { name: 'Win' }).click();
    await page.waitForURL(`${served.origin}/**`);
    expect(await page.getByRole('main').textContent()).toMatch(/Not allowed|Log in first/);
    const framing = await context.newPage();
    await framing.goto(evil);
    await expect
      .poll(() => framing.frames().map((frame) => frame.url()))
      .toContain('chrome-error://chromewebdata/');
  });

  test('whoever types the address of this machine comes to the name that passkeys know', async () => {
    const served = await openServed();
    const { page } = await openWindow(await openBrowser());
    await page.goto(`${served.url}/runs`);
    expect(new URL(page.url()).origin).toBe(served.origin);
  });
});

function cell(page: Page, name: string): Promise<string | null> {
  return page.locator(`[data-now="${name}"]`).textContent();
}

/** Another site, on this machine under an address of its own. */
async function openEvil(...body: readonly string[]): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html>${body.join('')}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
}
