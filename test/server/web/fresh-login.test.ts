import { expect, test } from 'vitest';
import { csrfOf } from '../../../src/server/web/csrf.ts';
import {
  logInAt,
  openPlainBrowser,
  type PlainBrowser,
  type Shown,
} from '../../support/plain-browser.ts';
import { ana, startGated } from '../served.ts';
import { type LoggingIn, openLoggingIn } from './logging-in.ts';

/** Ana waits; whoever decides must log in for it. */
const policy = `floor: { assurance: A2, pending: 30m, unused: 10m }\n`;

interface Asked extends LoggingIn {
  readonly request: string;
  readonly hash: string;
  readonly run: string;
  /** With a session of this person, posts the form; answers the issuer's page, or `until` where it begins. */
  ask(browser: PlainBrowser, name: string, until?: string): Promise<Shown>;
  /** Puts a session of this person into the browser's cookie; null takes it out. */
  become(browser: PlainBrowser, name: string | null): Promise<void>;
}

async function openAsked(): Promise<Asked> {
  const served = await openLoggingIn({ policy });
  const started = await startGated(served, await served.token(ana, ['start', 'read']));
  const cookie = `${new URL(served.origin).host} runbook_session`;
  const become: Asked['become'] = async (browser, name) => {
    browser.cookies.delete(cookie);
    if (name !== null) {
      const person = { kind: 'person', id: name } as const;
      browser.cookies.set(cookie, await served.token(person, ['read', 'decide']));
    }
  };
  return {
    ...served,
    ...started,
    become,
    ask: async (browser, name, until) => {
      await become(browser, name);
      const form = {
        way: 'login',
        decision: 'approve',
        hash: started.hash,
        csrf: csrfOf(served.secretOf(browser) ?? ''),
      };
      const path = `${served.origin}/requests/${started.request}/decisions`;
      return browser.post(path, form, until === undefined ? {} : { until });
    },
  };
}

/** What became of it, in the journal. */
async function recorded(served: Asked): Promise<readonly string[]> {
  const lines = await served.scene.service().auditLog({ run: null, limit: 100 });
  const types = lines.map(({ type }) => type);
  return types.filter((type) => type === 'issuer.keys' || type === 'approval.decided');
}

test('a fresh login decides, by keys that the journal knew before', async () => {
  const served = await openAsked();
  const browser = openPlainBrowser();
  const shown = await logInAt(browser, await served.ask(browser, 'robin'), { name: 'robin' });
  expect(shown).toMatchObject({ status: 200, url: `${served.origin}/requests/${served.request}` });
  expect(await recorded(served)).toEqual(['issuer.keys', 'approval.decided']);
  const { decisions } = await served.scene.service().describeRequest(served.request);
  expect(decisions).toMatchObject([{ person: 'robin', assurance: 'A2' }]);
});

test('a login that somebody was talked into ends in nobody’s decision', async () => {
  const served = await openAsked();
  const [hers, his] = [openPlainBrowser(), openPlainBrowser()];
  const { url: link } = await served.ask(hers, 'kim', served.at.issuer);
  await served.become(his, 'robin');
  // Robin opens what kim sent, logs in there, and comes back in robin's own browser.
  const shown = await logInAt(his, await his.get(link), { name: 'robin' });
  expect(shown).toMatchObject({ status: 401 });
  expect(shown.url).toContain(`${served.origin}/login/callback/example-sso?code=`);
  expect(await recorded(served)).toEqual([]);
});

test('what is sent on from there decides nothing in the browser that began it', async () => {
  const served = await openAsked();
  const [hers, his] = [openPlainBrowser(), openPlainBrowser()];
  const { url: link } = await served.ask(hers, 'kim', served.at.issuer);
  const until = `${served.origin}/login/callback`;
  const back = await logInAt(his, await his.get(link), { name: 'robin', until });
  const shown = await hers.get(back.url);
  expect(shown.status).toBeGreaterThanOrEqual(400);
  expect(await recorded(served)).not.toContain('approval.decided');
});

test('what came back to one person’s browser decides nothing in another’s', async () => {
  const served = await openAsked();
  const [hers, his] = [openPlainBrowser(), openPlainBrowser()];
  const back = `${served.origin}/login/callback`;
  const asked = await served.ask(his, 'robin');
  const callback = await logInAt(his, asked, { name: 'robin', until: back });
  await served.ask(hers, 'kim');
  expect(await hers.get(callback.url)).toMatchObject({ status: 401 });
  expect(await recorded(served)).toEqual([]);
});

test.each([
  ['another person’s', 'kim'],
  ['another of the same person', 'robin'],
  ['none', null],
])('a decision does not end in another session: %s', async (_, other) => {
  const served = await openAsked();
  const browser = openPlainBrowser();
  const asked = await served.ask(browser, 'robin');
  await served.become(browser, other);
  const shown = await logInAt(browser, asked, { name: 'robin' });
  expect(shown.status).toBe(403);
  expect(shown.text).toContain('other_session');
  expect(await recorded(served)).toEqual([]);
});

test('whoever logs in as somebody else decides for nobody', async () => {
  const served = await openAsked();
  const browser = openPlainBrowser();
  const shown = await logInAt(browser, await served.ask(browser, 'robin'), { name: 'kim' });
  expect(shown.status).toBeGreaterThanOrEqual(400);
  expect(await recorded(served)).not.toContain('approval.decided');
});
