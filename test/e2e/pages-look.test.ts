import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { bot, openServed, robin, type Served, startGated } from '../server/served.ts';
import { findBarriers } from '../support/barriers.ts';
import { nightPolicy, nightRunbook, startNight } from '../support/break-glass.ts';
import { desk, hasBrowser, openBrowser, openWindow, phone } from '../support/browser.ts';
import { driving } from '../support/scene.ts';

/** Where screens are kept to be looked at; nowhere unless said. */
const shots = process.env['RUNBOOK_TEST_SCREENS'];

/** Each line of the script ends in what no reader sees, and no reader must miss. */
function aRunbook(lines: number, line = 'echo "node of $CLUSTER"'): string {
  const script = Array.from({ length: lines }, (_, at) => `      ${line} ${at}`).join('\n');
  return `name: restart-cluster
params:
  cluster: { type: string, default: payments }
env:
  CLUSTER: \${{ params.cluster }}
steps:
  - { id: health, name: Check that every node is up, exec: [echo, healthy] }
  - id: restart
    name: Restart one node after the other
    privileged: true
    run: |
      set -x
${script}
    timeout: 5m
  - { id: verify, exec: [echo, done] }
`;
}

const changed = aRunbook(12).replace('set -x', 'set -eu\n      sleep 1').replace('" 3', '" 4');

interface Waiting extends Served {
  readonly bot: string;
  readonly request: string;
  readonly run: string;
}

/** A run in a protected environment waits for its approval; one before it has gone well. */
async function openWaiting(runbook = changed, reason = 'INC-4711'): Promise<Waiting> {
  const served = await openServed({
    runbook: aRunbook(12),
    config: 'environments: { prod: { protected: true } }',
    trusted: true,
  });
  const { scene } = served;
  const token = await served.token(bot, ['start', 'read']);
  const before = await startGated(served, token, { environment: 'prod' });
  await scene.decide(scene.people.robin, 'approve', 'as agreed');
  await scene.service().wait(before.run, 20_000, new AbortController().signal);
  writeFileSync(join(scene.dir, 'runbook.yaml'), runbook);
  const asked = await startGated(served, token, { environment: 'prod', reason });
  return { ...served, ...asked, bot: token };
}

/** Robin's window on this path: the session is a token, as a login would have issued it. */
async function look(
  served: Served,
  path: string,
  { browser, ...options }: BrowserContextOptions & { readonly browser: Browser },
): Promise<Page> {
  const { context, page } = await openWindow(browser, options);
  const value = await served.token(robin, ['read', 'decide']);
  await context.addCookies([{ name: 'runbook_session', value, url: served.origin }]);
  const answer = await page.goto(`${served.origin}${path}`);
  expect(answer?.status()).toBe(200);
  return page;
}

async function keepScreen(page: Page, name: string): Promise<void> {
  if (shots !== undefined) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
}

const focused = 'document.activeElement.tagName + " " + document.activeElement.textContent.trim()';

async function expectFit(page: Page, name: string): Promise<void> {
  await keepScreen(page, name);
  expect(await findBarriers(page), name).toEqual([]);
}

describe.skipIf(!hasBrowser)('pages', () => {
  test('about requests are fit for a phone and a desk, in the light and in the dark', async () => {
    const served = await openWaiting();
    const browser = await openBrowser();
    for (const [where, viewport] of Object.entries({ phone, desk })) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const options = { browser, viewport, colorScheme };
        const of = `${where}-${colorScheme}`;
        await expectFit(await look(served, '/', options), `inbox-${of}`);
        const page = await look(served, `/requests/${served.request}`, options);
        await expectFit(page, `request-${of}`);
      }
    }
  });

  test('beside those about requests are, too', async () => {
    const served = await openWaiting();
    const browser = await openBrowser();
    const paths = ['/runs', `/runs/${served.run}`, '/journal', '/journal/3', '/account'];
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const path of paths) {
        const viewport = colorScheme === 'light' ? phone : desk;
        const page = await look(served, path, { browser, viewport, colorScheme });
        await expectFit(page, `page${path.replaceAll('/', '-')}-${colorScheme}`);
      }
      const { page } = await openWindow(browser, { viewport: phone, colorScheme });
      await page.goto(`${served.origin}/login`);
      await expectFit(page, `login-${colorScheme}`);
    }
  });

  test('show what was decided, and what became of it', async () => {
    const served = await openWaiting();
    const browser = await openBrowser();
    const page = await look(served, `/requests/${served.request}`, { browser });
    await page.getByLabel('Reason').fill('not during the sale');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.waitForURL(`**/requests/${served.request}`);
    const main = page.getByRole('main');
    await expect(main.innerText()).resolves.toContain('robin rejected, attested by a server');
    await expect(main.innerText()).resolves.toContain('“not during the sale”');
    expect(await page.getByRole('button', { name: /Reject|Approve/ }).count()).toBe(0);
    await expectFit(page, 'decided');
    const { status } = await served.scene.service().status(served.run);
    expect(status).toBe('rejected');
  });

  test('say in big words that somebody acts alone', async () => {
    const served = await openServed({ runbook: nightRunbook(), policy: nightPolicy });
    const { scene } = served;
    const run = await startNight(scene, { breakGlass: 'night', reason: 'the site is down' });
    await scene.service().drive(run, driving(scene));
    const { content } = await scene.open();
    const page = await look(served, `/requests/${content.id}`, { browser: await openBrowser() });
    const alarm = page.locator('.alarm');
    await expect(alarm.innerText()).resolves.toMatch(/^BREAK-GLASS: whoever signs acts alone/);
    await expectFit(page, 'break-glass');
  });
});

describe.skipIf(!hasBrowser)('a request', () => {
  test('has nothing focused, and Reject comes before every Approve', async () => {
    const served = await openWaiting();
    const page = await look(served, `/requests/${served.request}`, {
      browser: await openBrowser(),
    });
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
    expect(await page.locator('[autofocus]').count()).toBe(0);
    const stops: string[] = [];
    while (!stops.at(-1)?.startsWith('BUTTON Approve') && stops.length < 60) {
      await page.keyboard.press('Tab');
      stops.push(String(await page.evaluate(focused)));
    }
    expect(stops[0]).toBe('A Skip to content');
    expect(stops.at(-1)).toMatch(/^BUTTON Approve/);
    expect(stops.slice(-5).join('\n')).toMatch(/TEXTAREA[^]*BUTTON Reject\nINPUT/);
  });

  test('is decided by a button, never by Enter in a field', async () => {
    const served = await openWaiting();
    const page = await look(served, `/requests/${served.request}`, {
      browser: await openBrowser(),
    });
    const posts: string[] = [];
    page.on('request', (sent) => posts.push(sent.method()));
    await page.getByLabel('Reason').fill('looks right');
    await page.getByLabel(/^Type the environment/).fill('prod');
    await page.keyboard.press('Enter');
    await page.evaluate('new Promise((done) => setTimeout(done, 200))');
    expect(posts).toEqual([]);
    await page.getByRole('button', { name: /^Approve as robin/ }).click();
    await page.waitForURL(`**/requests/${served.request}`);
    await served.scene.service().wait(served.run, 20_000, new AbortController().signal);
    await page.getByRole('link', { name: 'Look again' }).click();
    await expect(page.getByRole('main').innerText()).resolves.toContain(
      'It was started: succeeded',
    );
  });

  test('is not approved before the name of a protected environment is typed', async () => {
    const served = await openWaiting();
    const page = await look(served, `/requests/${served.request}`, {
      browser: await openBrowser(),
    });
    await page.getByLabel(/^Type the environment/).fill('staging');
    await page.getByRole('button', { name: /^Approve as robin/ }).click();
    await page.getByRole('alert').waitFor();
    const { state } = await served.scene.service().describeRequest(served.request);
    expect(state).toBe('pending');
  });

  test('is read and decided without a script', async () => {
    const served = await openWaiting();
    const browser = await openBrowser();
    const options = { browser, viewport: phone, javaScriptEnabled: false };
    const page = await look(served, `/requests/${served.request}`, options);
    const text = await page.getByRole('main').innerText();
    for (const words of ['set -eu', 'node of $CLUSTER', 'INC-4711', 'prod (protected)', 'Proof']) {
      expect(text).toContain(words);
    }
    await page.getByLabel(/^Type the environment/).fill('prod');
    await page.getByRole('button', { name: /^Approve as robin/ }).click();
    await expect(page.getByRole('main').innerText()).resolves.toContain('robin approved');
  });

  test('shows 200 kB of script whole, and it is copied without its line numbers', async () => {
    const line = `echo ${'x'.repeat(90)}`;
    const served = await openWaiting(aRunbook(2000, line));
    const browser = await openBrowser();
    const page = await look(served, `/requests/${served.request}`, { browser, viewport: phone });
    const script = page.locator('pre.lines:not(.diff)');
    const copied = await page.evaluate(`(() => {
      getSelection().selectAllChildren(document.querySelector('pre.lines:not(.diff)'));
      return String(getSelection());
    })()`);
    const lines = Array.from({ length: 2000 }, (_, at) => `${line} ${at}`);
    expect(String(copied).trimEnd().split('\n')).toEqual(['set -x', ...lines]);
    expect(await script.locator('span').count()).toBe(2001);
    await expectFit(page, 'long-phone');
  });

  test('shows markup, quotes and hidden letters of its data as text', async () => {
    const evil = `</span></pre><script>document.title='pwned'</script><img src=x onerror=alert(1)>" ' &amp;`;
    const hidden = `\u202Egnp.exe\u200B`;
    const served = await openWaiting(aRunbook(1, `echo '${evil}' #`), `${evil} ${hidden}`);
    const browser = await openBrowser();
    const page = await look(served, `/requests/${served.request}`, { browser });
    const text = await page.getByRole('main').innerText();
    expect(text).toContain(`echo '${evil}' # 0`);
    expect(text).toContain(`${evil} \\u{202e}gnp.exe\\u{200b}`);
    expect(await page.title()).toBe('restart-cluster: restart · runbook');
    expect(await page.locator('script:not([src]), img').count()).toBe(0);
  });
});
