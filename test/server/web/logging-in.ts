import { systemClock } from '../../../src/base/clock.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import type { Login } from '../../../src/login/login.ts';
import { openLogins } from '../../../src/login/open-logins.ts';
import { openIssuer, type TestIssuer } from '../../support/issuer.ts';
import { logInAt, type PlainBrowser, type Shown } from '../../support/plain-browser.ts';
import { openServed, type Served, type ServedOptions } from '../served.ts';

/** A server that people log in to by an issuer. Ana, robin and kim have accounts there; mallory, too. */
export interface LoggingIn extends Served {
  readonly at: TestIssuer;
  readonly logins: readonly Login[];
  /** Posts the button of the login page; answers the issuer's page. */
  begin(browser: PlainBrowser, to?: string): Promise<Shown>;
  /** As `begin`, and logs in there. */
  logIn(browser: PlainBrowser, name: string, to?: string): Promise<Shown>;
  /** As `logIn`, but stops where the issuer sends people back to us. */
  goThere(browser: PlainBrowser, name: string, to?: string): Promise<string>;
  /** The secret in the session's cookie. */
  secretOf(browser: PlainBrowser): string | null;
}

export async function openLoggingIn(options: ServedOptions = {}): Promise<LoggingIn> {
  const at = await openIssuer();
  const written = `oidc: [{ name: Example SSO, issuer: "${at.issuer}", client_id: ${at.client}, client_secret: { env: SSO }, device: true }]`;
  const section = parseYaml(written, 'config.yaml', 'config_invalid');
  const logins = openLogins(section, { clock: systemClock, env: { SSO: at.secret } });
  const served = await openServed({ ...options, logins });
  const { trusted } = served.scene;
  for (const name of ['ana', 'robin', 'kim']) {
    const slack = `slack: [T0TEAM/U0${name.toUpperCase()}]`;
    trusted.people = trusted.people.replace(slack, `${slack}, oidc: ["${at.issuer}#${name}"]`);
  }
  const { origin } = served;
  const back = `${origin}/login/callback`;
  const begin = (browser: PlainBrowser, to = '/'): Promise<Shown> =>
    browser.post(`${origin}/login/oidc`, { issuer: at.issuer, to });
  return {
    ...served,
    at,
    logins,
    begin,
    logIn: async (browser, name, to) => logInAt(browser, await begin(browser, to), { name }),
    goThere: async (browser, name, to) => {
      const asked = await begin(browser, to);
      return (await logInAt(browser, asked, { name, until: back })).url;
    },
    secretOf: ({ cookies }) => cookies.get(`${new URL(origin).host} runbook_session`) ?? null,
  };
}
