import { compactVerify, importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import type { LoggedIn, Login } from '../../src/login/login.ts';
import { openLogins } from '../../src/login/open-logins.ts';
import { answering } from '../support/answering.ts';
import { type IssuerOptions, openIssuer, type TestIssuer } from '../support/issuer.ts';
import { logInAt, openPlainBrowser, type PlainBrowser } from '../support/plain-browser.ts';

const redirect = 'http://127.0.0.1:9/login/callback/example-sso';
const digest = 'a'.repeat(64);

async function anIssuer(options: IssuerOptions = {}): Promise<TestIssuer & { login: Login }> {
  const at = await openIssuer({ redirects: [redirect], ...options });
  return { ...at, login: loginOf(at) };
}

function loginOf({ issuer, client = 'runbook', secret }: Partial<TestIssuer>): Login {
  const proof = secret === undefined ? '' : ', client_secret: { env: SSO }';
  const text = `oidc: [{ name: Example SSO, issuer: "${issuer}", client_id: ${client}${proof} }]`;
  const section = parseYaml(text, 'config.yaml', 'config_invalid');
  const [login] = openLogins(section, { clock: systemClock, env: { SSO: secret } });
  if (login === undefined) {
    throw new Error('no login');
  }
  return login;
}

/** Goes there as somebody, and answers where it came back to, with what was kept. */
async function goThere(
  login: Login,
  { name = 'ana', fresh = null, browser = openPlainBrowser() }: Trip = {},
): Promise<{ readonly back: URL; readonly kept: string; readonly url: URL }> {
  const { url, kept } = await login.begin({ redirect, fresh });
  const asked = await browser.get(url, redirect);
  const back = asked.url.startsWith(redirect)
    ? asked
    : await logInAt(browser, asked, { name, until: redirect });
  return { back: new URL(back.url), kept, url: new URL(url) };
}

interface Trip {
  readonly name?: string;
  readonly fresh?: { readonly nonce: string } | null;
  readonly browser?: PlainBrowser;
}

function claimsOf({ token }: LoggedIn): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

describe('a login at an issuer', () => {
  test('says who it was, by a token whose signature its key proves', async () => {
    const { login, issuer } = await anIssuer();
    const { back, kept } = await goThere(login);
    const who = await login.finish(back, kept);
    expect(who).toMatchObject({ issuer, client: 'runbook', subject: 'ana' });
    expect(Object.keys(who.key).sort()).toEqual(['e', 'kid', 'kty', 'n']);
    const { kid: _, ...material } = who.key;
    await compactVerify(who.token, await importJWK(material, 'RS256'));
  });

  test('by a client without a secret is one too', async () => {
    const { issuer } = await anIssuer();
    const login = loginOf({ issuer, client: 'runbook-public' });
    const { back, kept } = await goThere(login);
    expect(await login.finish(back, kept)).toMatchObject({ client: 'runbook-public' });
  });

  test('asks for nothing but who somebody is, with PKCE, and never shows what it keeps', async () => {
    const { login } = await anIssuer();
    const { url, kept } = await login.begin({ redirect, fresh: null });
    const asked = Object.fromEntries(new URL(url).searchParams);
    expect(asked).toMatchObject({
      scope: 'openid',
      response_type: 'code',
      code_challenge_method: 'S256',
    });
    const { verifier } = JSON.parse(kept) as { verifier: string };
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(url).not.toContain(verifier);
  });

  test('anew is asked for even of somebody who is logged in there, for this very nonce', async () => {
    const { login } = await anIssuer();
    const browser = openPlainBrowser();
    await goThere(login, { browser });
    const { back, kept, url } = await goThere(login, { browser, fresh: { nonce: digest } });
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      max_age: '0',
      prompt: 'login',
      nonce: digest,
      scope: 'openid',
    });
    const who = await login.finish(back, kept);
    expect(claimsOf(who)).toMatchObject({ nonce: digest, sub: 'ana' });
    expect(claimsOf(who)['auth_time']).toBeTypeOf('number');
  });

  test('ends elsewhere than where it began in nothing', async () => {
    const { login } = await anIssuer();
    const [one, other] = [await goThere(login), await goThere(login)];
    await expect(login.finish(one.back, other.kept)).rejects.toMatchObject({
      code: 'login_refused',
      exitCode: 4,
    });
  });

  test('counts once', async () => {
    const { login } = await anIssuer();
    const { back, kept } = await goThere(login);
    await login.finish(back, kept);
    await expect(login.finish(back, kept)).rejects.toMatchObject({ code: 'login_refused' });
  });

  test.each(['nonce', 'verifier'])('counts for no other %s', async (what) => {
    const { login } = await anIssuer();
    const { back, kept } = await goThere(login);
    const other = { ...(JSON.parse(kept) as object), [what]: 'x'.repeat(43) };
    await expect(login.finish(back, JSON.stringify(other))).rejects.toMatchObject({
      code: 'login_refused',
    });
  });

  test('that is said to come from another issuer does not count', async () => {
    const { login } = await anIssuer();
    const { back, kept } = await goThere(login);
    back.searchParams.set('iss', 'https://login.example.com');
    await expect(login.finish(back, kept)).rejects.toMatchObject({ code: 'login_refused' });
  });

  test('that an earlier one stands for is not a fresh one', async () => {
    const { login } = await anIssuer();
    const { back, kept } = await goThere(login);
    // Whoever carried the question left out `max_age`; what was kept knows of it.
    const asked = { ...(JSON.parse(kept) as object), fresh: true };
    await expect(login.finish(back, JSON.stringify(asked))).rejects.toMatchObject({
      code: 'login_refused',
    });
  });

  test('that was refused says so, and quotes nobody', async () => {
    const { login } = await anIssuer();
    const { kept } = await login.begin({ redirect, fresh: null });
    const { state } = JSON.parse(kept) as { state: string };
    const back = new URL(redirect);
    back.search = new URLSearchParams({
      state,
      iss: login.issuer,
      error: 'access_denied',
      error_description: 'call 0900-1234 now',
    }).toString();
    const refusal = login.finish(back, kept);
    await expect(refusal).rejects.toMatchObject({ code: 'login_refused' });
    await expect(refusal).rejects.toThrow(/was refused there$/);
  });
});

describe('an issuer that cannot be asked', () => {
  test('is asked again by the next who comes', async () => {
    const { login, fail } = await anIssuer();
    fail('unavailable');
    const begin = () => login.begin({ redirect, fresh: null });
    await expect(begin()).rejects.toMatchObject({ code: 'issuer_unreachable', exitCode: 4 });
    fail('never');
    expect((await begin()).url).toContain('code_challenge');
  });

  test('may be gone', async () => {
    const { login, stop } = await anIssuer();
    await stop();
    await expect(login.begin({ redirect, fresh: null })).rejects.toMatchObject({
      code: 'issuer_unreachable',
    });
  });

  test('while a login ends there leaves it open', async () => {
    const { login, fail } = await anIssuer();
    const { back, kept } = await goThere(login);
    fail('unavailable');
    await expect(login.finish(back, kept)).rejects.toMatchObject({ code: 'issuer_unreachable' });
  });

  test('may call itself otherwise than we do', async () => {
    const issuer = await answering((_, answer) => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ issuer: 'https://login.example.com' }));
    });
    await expect(loginOf({ issuer }).begin({ redirect, fresh: null })).rejects.toMatchObject({
      code: 'issuer_unreachable',
      message: expect.stringContaining('another issuer') as string,
    });
  });
});
