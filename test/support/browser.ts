import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type CDPSession,
  chromium,
  type Page,
} from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Debian's Chromium. */
const program = process.env['RUNBOOK_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** Where it is missing, tests of pages are skipped by name, but not in CI. */
export const hasBrowser = existsSync(program);

/** A browser of the test's own. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: program,
    args: [
      // As root there is no sandbox; font and shared memory need nothing of the machine.
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      // Pages of others name fonts of others: nothing beyond this machine is asked for.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });
  onTestFinished(() => browser.close());
  return browser;
}

export const phone = { width: 390, height: 844 };
export const desk = { width: 1280, height: 900 };

/** A person's own window, with nothing of anybody else's. */
export async function openWindow(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext({ viewport: desk, ...options });
  return { context, page: await context.newPage() };
}

/** A security key in the browser's place (WebAuthn level 2, section 11.2), which makes and uses passkeys. */
export interface VirtualKey {
  readonly session: CDPSession;
  readonly id: string;
  /** Whether whoever holds it shows a fingerprint or types a PIN. */
  verifies(does: boolean): Promise<void>;
}

export async function plugInKey(page: Page): Promise<VirtualKey> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    session,
    id,
    verifies: async (isUserVerified) => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified });
    },
  };
}
