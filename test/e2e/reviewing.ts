import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { openLogins } from '../../src/login/open-logins.ts';
import type { Event } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { ana, openServed, type Served, type ServedOptions, startGated } from '../server/served.ts';
import { openBrowser, openWindow, plugInKey, type VirtualKey } from '../support/browser.ts';
import { openIssuer } from '../support/issuer.ts';

/** A server that people log in to by an issuer, a browser, and a run that waits for a yes. */
export interface Reviewing extends Served {
  readonly browser: Browser;
  /** Where browsers see the server. */
  readonly origin: string;
  readonly issuer: string;
  readonly run: string;
  readonly request: string;
  /** The journal's entries of a type, oldest first. */
  readonly entries: <T extends Event['type']>(type: T) => Promise<readonly DataOf<T>[]>;
  /** What `audit verify` finds. */
  readonly verify: () => Promise<readonly unknown[]>;
  /** Waits until the run stands so. */
  readonly settled: (status: string) => Promise<void>;
}

type DataOf<T> = Extract<Event, { readonly type: T }>['data'];

export interface ReviewingOptions extends ServedOptions {
  /** Passed on to the run's start. */
  readonly start?: object;
}

/** Robin and kim have accounts at the issuer; ana has started a run. */
export async function openReviewing(options: ReviewingOptions = {}): Promise<Reviewing> {
  const { start = {}, ...more } = options;
  const { issuer } = await openIssuer();
  const login = `oidc: [{ name: Example SSO, issuer: "${issuer}", client_id: runbook-public }]`;
  const config = `${more.config ?? ''}\nlogin: { ${login} }\n`;
  const section = parseYaml(login, 'config.yaml', 'config_invalid');
  const logins = openLogins(section, { clock: systemClock, env: {} });
  const served = await openServed({ ...more, config, logins });
  const { trusted } = served.scene;
  for (const name of ['ana', 'robin', 'kim']) {
    const slack = `slack: [T0TEAM/U0${name.toUpperCase()}]`;
    trusted.people = trusted.people.replace(slack, `${slack}, oidc: ["${issuer}#${name}"]`);
  }
  const token = await served.token(ana, ['start', 'read']);
  const { run, request } = await startGated(served, token, start);
  return {
    ...served,
    browser: await openBrowser(),
    origin: `http://localhost:${served.port}`,
    issuer,
    run,
    request,
    entries: async (type) => {
      const stored = await served.scene.engine().store.entries(0, 1000);
      const events = stored.map((entry) => recordedOf(entry).event);
      return events.filter((event) => event.type === type).map(({ data }) => data as never);
    },
    verify: async () => {
      const input = { receipts: [], pins: [], progress: () => undefined };
      return (await served.scene.service().verify(input)).findings;
    },
    settled: async (status) => {
      for (;;) {
        const report = await served.scene.service().status(run);
        if (report.status === status) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** For what hangs, not for what is slow. */
const patienceMs = 20_000;

/** Somebody's window, with a key plugged in. */
export interface Reviewer {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly key: VirtualKey;
}

export async function openReviewer(
  { browser }: Pick<Reviewing, 'browser'>,
  options: Parameters<typeof openWindow>[1] = {},
): Promise<Reviewer> {
  const { context, page } = await openWindow(browser, options);
  page.setDefaultTimeout(patienceMs);
  const key = await plugInKey(page);
  return { context, page, key };
}

/** At the issuer's own pages: types the name, consents, until the browser is back on a page of ours. */
export async function passIssuer(
  page: Page,
  { issuer }: Pick<Reviewing, 'issuer'>,
  name: string,
): Promise<void> {
  await page.waitForURL((url) => url.origin === issuer);
  while (new URL(page.url()).origin === issuer) {
    const field = page.locator('input[name="login"]');
    if ((await field.count()) > 0) {
      await field.fill(name);
      await page.locator('input[name="password"]').fill('whatever');
    }
    const left = page.url();
    await page.locator('button[type="submit"]').click();
    await page.waitForURL((url) => url.href !== left);
  }
}

/** Opens a link of ours as somebody who is not logged in yet, and logs in by the issuer. */
export async function openLink(
  { page }: Reviewer,
  { reviewing, path, name }: { reviewing: Reviewing; path: string; name: string },
): Promise<void> {
  await page.goto(`${reviewing.origin}${path}`);
  expect(new URL(page.url()).pathname).toBe('/login');
  await page.getByRole('button', { name: 'Log in with Example SSO' }).click();
  await passIssuer(page, reviewing, name);
  await arriveAt(page, `${reviewing.origin}${path}`);
}

/** Waits for this page; where another one came instead, the test says what that one said. */
export async function arriveAt(page: Page, url: string): Promise<void> {
  await page.waitForURL(url).catch(async () => {
    expect(`${page.url()}\n${await page.getByRole('main').innerText()}`).toBe(url);
  });
}

/** A window whose session is a token, as a login issues it. */
export async function openLoggedIn(
  reviewing: Reviewing,
  { id = 'robin', scripts = true }: { readonly id?: string; readonly scripts?: boolean } = {},
): Promise<Page> {
  const { context, page } = await openWindow(reviewing.browser, { javaScriptEnabled: scripts });
  page.setDefaultTimeout(patienceMs);
  const value = await reviewing.token({ kind: 'person', id }, ['read', 'decide']);
  await context.addCookies([{ name: 'runbook_session', value, url: reviewing.origin }]);
  await page.goto(`${reviewing.origin}/requests/${reviewing.request}`);
  return page;
}
