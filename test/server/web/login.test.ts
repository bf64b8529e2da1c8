import { describe, expect, test } from 'vitest';
import { logInAt, openPlainBrowser } from '../../support/plain-browser.ts';
import { openLoggingIn } from './logging-in.ts';
import { browseWith } from './visiting.ts';

describe('the login page', () => {
  test('says what this is, and has a button for each way in', async () => {
    const { origin, at } = await openLoggingIn();
    const { text, status } = await openPlainBrowser().get(`${origin}/login?to=/runs`);
    expect(status).toBe(200);
    expect(text).toContain('asks a second person before every privileged one');
    expect(text).toContain('Log in with Example SSO');
    expect(text).toContain(`name="issuer" value="${at.issuer}"`);
    expect(text).toContain('name="to" value="/runs"');
    expect(text).toContain('data-passkey-login');
    expect(text).toContain('on your account’s page');
    expect(text).not.toContain('autofocus');
  });

  test.each([
    'https://evil.example.com/',
    '//evil.example.com',
    '/\\evil.example.com',
    '/..//evil.example.com',
    '/%2F/evil.example.com@',
    '/%5cevil.example.com',
    '/\t/evil.example.com',
    'javascript:alert(1)',
    '/runs#x',
    `/${'a'.repeat(1001)}`,
    '',
  ])('leads nowhere but to a path of ours: %j', async (to) => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const { text } = await browser.get(`${served.origin}/login?to=${encodeURIComponent(to)}`);
    expect(text).toContain('name="to" value="/"');
    const shown = await served.logIn(browser, 'robin', to);
    expect(shown.url).toBe(`${served.origin}/`);
  });
});

describe('a login by an issuer', () => {
  test('opens a session of the person, and goes on where they wanted to be', async () => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const shown = await served.logIn(browser, 'robin', '/runs');
    expect(shown).toMatchObject({ url: `${served.origin}/runs`, status: 200 });
    const tokens = await served.scene.service().tokens();
    expect(tokens).toMatchObject([
      {
        holder: { kind: 'person', id: 'robin' },
        scopes: ['read', 'decide'],
        label: 'web',
        issued_by: `oidc:${served.at.issuer}#robin`,
      },
    ]);
    expect(browser.cookies).toHaveLength(1 + cookiesOf(browser.cookies, served.at.issuer));
  });

  test('goes there by a page, since redirects of forms are bound to known addresses', async () => {
    const served = await openLoggingIn();
    const issuer = new URL(served.at.issuer).origin;
    const page = await fetch(`${served.origin}/login/oidc`, {
      method: 'POST',
      headers: { origin: served.origin },
      body: new URLSearchParams({ issuer: served.at.issuer, to: '/' }),
      redirect: 'manual',
    });
    expect(page.status).toBe(200);
    expect(page.headers.get('refresh')).toContain(`0;url=${issuer}/auth?`);
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^runbook_pending=\w+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });

  test('never takes over a session that a browser brought along', async () => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const host = new URL(served.origin).host;
    const planted = await served.token({ kind: 'person', id: 'kim' }, ['read', 'decide']);
    const asked = await served.begin(browser);
    browser.cookies.set(`${host} runbook_session`, planted);
    await logInAt(browser, asked, { name: 'robin' });
    expect(served.secretOf(browser)).not.toBe(planted);
    expect(served.secretOf(browser)).toMatch(/^rbk_/);
    expect((await browseWith(served, planted).get('/runs')).status).toBe(303);
  });

  test('ends in the browser that began it, and in no other', async () => {
    const served = await openLoggingIn();
    const callback = await served.goThere(openPlainBrowser(), 'kim');
    const victim = openPlainBrowser();
    const shown = await victim.get(callback);
    expect(shown).toMatchObject({ status: 401 });
    expect(shown.text).toContain('This browser began no login');
    await served.begin(victim);
    expect(await victim.get(callback)).toMatchObject({ status: 401 });
    expect(served.secretOf(victim)).toBeNull();
    expect(await served.scene.service().tokens()).toEqual([]);
  });

  test('ends once', async () => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const callback = await served.goThere(browser, 'robin');
    const { cookies } = openPlainBrowser();
    for (const [name, value] of browser.cookies) {
      cookies.set(name, value);
    }
    expect(await browser.get(callback)).toMatchObject({ status: 200 });
    // Also for whoever kept the cookie of the beginning.
    for (const [name, value] of cookies) {
      browser.cookies.set(name, value);
    }
    expect(await browser.get(callback)).toMatchObject({ status: 401 });
    expect(await served.scene.service().tokens()).toHaveLength(1);
  });

  test.each([
    ['', '?error=access_denied'],
    ['example-sso', '?error=access_denied'],
    ['example-sso', '?code=x&state=guessed'],
    ['other-sso', '?code=x'],
  ])('is ended by no page of another site: /login/callback/%s%s', async (id, search) => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const callback = await served.goThere(browser, 'robin');
    const shown = await browser.get(`${served.origin}/login/callback/${id}${search}`);
    expect(shown.status).toBeGreaterThanOrEqual(400);
    expect(shown.headers.getSetCookie()).toEqual([]);
    expect(await browser.get(callback)).toMatchObject({ status: 200, url: `${served.origin}/` });
    expect(served.secretOf(browser)).not.toBeNull();
  });

  test('that was refused at the issuer is over', async () => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const callback = new URL(await served.goThere(browser, 'robin'));
    const refusal = new URL(callback);
    refusal.searchParams.delete('code');
    refusal.searchParams.set('error', 'access_denied');
    const shown = await browser.get(refusal.href);
    expect(shown).toMatchObject({ status: 401 });
    expect(shown.text).toContain('was refused there');
    expect(await browser.get(callback.href)).toMatchObject({ status: 401 });
    expect(served.secretOf(browser)).toBeNull();
  });

  test('that was begun anew takes the place of the one before', async () => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const callback = await served.goThere(browser, 'robin');
    await served.begin(browser);
    expect(await browser.get(callback)).toMatchObject({ status: 401 });
    expect(served.secretOf(browser)).toBeNull();
  });

  test('cannot be begun by a page of another site', async () => {
    const served = await openLoggingIn();
    const shown = await openPlainBrowser().post(
      `${served.origin}/login/oidc`,
      { issuer: served.at.issuer, to: '/' },
      { origin: 'https://evil.example.com' },
    );
    expect(shown).toMatchObject({ status: 403 });
    expect(shown.headers.getSetCookie()).toEqual([]);
  });

  test('by an issuer that is not ours is not begun', async () => {
    const served = await openLoggingIn();
    const shown = await openPlainBrowser().post(`${served.origin}/login/oidc`, {
      issuer: 'https://evil.example.com',
      to: '/',
    });
    expect(shown.status).toBe(404);
    expect(shown.text).not.toContain('evil');
  });

  test.each([
    ['mallory', "'ISSUER#mallory'"],
    ["x';$(id)", "'ISSUER#x'\\'';$(id)'"],
  ])('of %j, whom nobody knows, says what an administrator types', async (name, word) => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    const shown = await served.logIn(browser, name);
    expect(shown.status).toBe(403);
    const typed = word.replace('ISSUER', served.at.issuer).replaceAll("'", '&#39;');
    expect(shown.text).toContain(`runbook people add NAME --oidc ${typed}</pre>`);
    expect(served.secretOf(browser)).toBeNull();
    expect(await served.scene.service().tokens()).toEqual([]);
  });

  test('says so where the issuer cannot be reached', async () => {
    const served = await openLoggingIn();
    served.at.fail('unavailable');
    const shown = await served.begin(openPlainBrowser());
    expect(shown.status).toBe(503);
    expect(shown.text).toContain('cannot be asked');
    expect(shown.text).toContain('issuer_unreachable');
  });
});

describe('logging out', () => {
  test('ends the session for whoever holds its cookie', async () => {
    const served = await openLoggingIn();
    const browser = openPlainBrowser();
    await served.logIn(browser, 'robin');
    const secret = served.secretOf(browser) ?? '';
    const person = browseWith(served, secret);
    expect(await person.get('/logout')).toMatchObject({ status: 405 });
    expect(await person.post('/logout', { csrf: 'guessed' })).toMatchObject({ status: 403 });
    expect((await person.get('/runs')).status).toBe(200);
    const out = await person.post('/logout');
    expect(out).toMatchObject({ status: 303, to: '/login' });
    expect(out.headers.getSetCookie()).toEqual([expect.stringContaining('runbook_session=;')]);
    expect(await person.get('/runs')).toMatchObject({ status: 303, to: '/login?to=%2Fruns' });
    const [token] = await served.scene.service().tokens();
    expect(token?.revoked_at).not.toBeNull();
  });
});

function cookiesOf(cookies: ReadonlyMap<string, string>, url: string): number {
  const { host } = new URL(url);
  return [...cookies.keys()].filter((name) => name.startsWith(`${host} `)).length;
}
