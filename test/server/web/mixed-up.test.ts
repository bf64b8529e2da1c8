import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import { openLogins } from '../../../src/login/open-logins.ts';
import { answering } from '../../support/answering.ts';
import { openIssuer } from '../../support/issuer.ts';
import { logInAt, openPlainBrowser, type PlainBrowser } from '../../support/plain-browser.ts';
import { openServed, type Served } from '../served.ts';

interface TwoIssuers extends Served {
  /** Where robin has an account. */
  readonly honest: string;
  /** Another that is configured, and that does not keep to the protocol. */
  readonly evil: string;
  /** Whatever was asked of the evil one beside its discovery document. */
  readonly handedOver: readonly string[];
  /** Presses the button; answers where the browser is sent to. */
  begin(browser: PlainBrowser, issuer: string): Promise<URL>;
}

async function openTwoIssuers(): Promise<TwoIssuers> {
  const { issuer: honest, client, secret } = await openIssuer();
  const handedOver: string[] = [];
  const evil = await answering((request, answer) => {
    if (request.url !== '/.well-known/openid-configuration') {
      handedOver.push(request.url ?? '');
    }
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify(metadataOf(`http://${request.headers.host ?? ''}`)));
  });
  const entries = [
    `{ name: Example SSO, issuer: "${honest}", client_id: ${client}, client_secret: { env: SSO } }`,
    `{ name: Other SSO, issuer: "${evil}", client_id: ${client}, client_secret: { env: SSO } }`,
  ];
  const section = parseYaml(`oidc: [${entries.join()}]`, 'config.yaml', 'config_invalid');
  const logins = openLogins(section, { clock: systemClock, env: { SSO: secret } });
  const served = await openServed({ logins });
  const { trusted } = served.scene;
  const slack = 'slack: [T0TEAM/U0ROBIN]';
  trusted.people = trusted.people.replace(slack, `${slack}, oidc: ["${honest}#robin"]`);
  return {
    ...served,
    honest,
    evil,
    handedOver,
    begin: async (browser, issuer) => {
      const page = `${served.origin}/login/oidc`;
      return new URL((await browser.post(page, { issuer, to: '/' }, { until: issuer })).url);
    },
  };
}

function metadataOf(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

// RFC 9700, 4.4: the evil issuer has the victim log in at the honest one, for a login that the attacker
// began there, and hopes that the victim's browser has the code carried to its own token endpoint.
test.each([
  ['as answers name their issuer', true],
  ['where answers name no issuer (without RFC 9207)', false],
])('no issuer is handed what another one answered, %s', async (_, names) => {
  const { honest, evil, handedOver, origin, ...served } = await openTwoIssuers();
  const [attacker, victim] = [openPlainBrowser(), openPlainBrowser()];
  const asked = await served.begin(attacker, honest);
  const begun = await served.begin(victim, evil);
  asked.searchParams.set('state', begun.searchParams.get('state') ?? '');
  const until = `${origin}/login/callback`;
  const shown = await logInAt(victim, await victim.get(asked.href), { name: 'robin', until });
  const back = new URL(shown.url);
  expect(back.pathname).toBe('/login/callback/example-sso');
  expect(back.searchParams.get('code')).not.toBeNull();
  if (!names) {
    back.searchParams.delete('iss');
  }

  const ended = await victim.get(back.href);
  expect(ended.status).toBe(401);
  expect(ended.text).toContain('another issuer has answered');
  expect(handedOver).toEqual([]);
  expect(await served.scene.service().tokens()).toEqual([]);
});

test('an honest issuer sends nobody to the address of another', async () => {
  const { honest, evil, handedOver, ...served } = await openTwoIssuers();
  const [attacker, victim] = [openPlainBrowser(), openPlainBrowser()];
  const asked = await served.begin(attacker, honest);
  const begun = await served.begin(victim, evil);
  for (const name of ['state', 'redirect_uri']) {
    asked.searchParams.set(name, begun.searchParams.get(name) ?? '');
  }
  expect(begun.searchParams.get('redirect_uri')).toMatch(/\/login\/callback\/other-sso$/);
  const shown = await victim.get(asked.href);
  expect(shown).toMatchObject({ url: asked.href, status: 400 });
  expect(shown.text).toContain('redirect_uri');
  expect(handedOver).toEqual([]);
});
