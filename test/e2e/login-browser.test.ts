import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openIssuer } from '../support/issuer.ts';
import { logInForDevice } from '../support/plain-browser.ts';
import {
  callerAccount,
  type Home,
  homeOf,
  programForAll,
  serverAccount,
  startServing,
} from '../support/serving.ts';

/** A server as `config.yaml` alone makes it, and somebody far from it. */
async function openHomes(): Promise<{ readonly caller: Home; readonly url: string }> {
  const { issuer, client, secret } = await openIssuer();
  const program = programForAll();
  const server = homeOf(program, serverAccount, {
    'config/people.yaml': `people: [{ name: robin, oidc: ["${issuer}#robin"] }]\n`,
    'config/config.yaml': `login:
  oidc:
    - name: Example SSO
      issuer: ${issuer}
      client_id: ${client}
      client_secret: { env: SSO_SECRET }
      device: true
`,
  });
  const { url } = await startServing(server, { SSO_SECRET: secret });
  return { caller: homeOf(program, callerAccount), url };
}

interface Told {
  readonly user_code: string;
  readonly verification_uri_complete: string;
}

test('a person logs in by any browser, and the terminal goes on', async () => {
  const { caller, url } = await openHomes();
  const env = { RUNBOOK_SERVER: url };
  const child = caller.start(['login', '--json'], env);
  if (child.stdout === null || child.stderr === null) {
    throw new Error('a program without output');
  }
  const result = text(child.stdout);
  const ended = once(child, 'close');
  const [line] = (await once(createInterface(child.stderr), 'line')) as [string];
  const told = JSON.parse(line) as Told;
  expect(told.verification_uri_complete).toContain(told.user_code);
  await logInForDevice(told.verification_uri_complete, 'robin');
  await ended;
  expect(child.exitCode).toBe(0);
  expect(JSON.parse(await result)).toMatchObject({ person: 'robin', scopes: ['start', 'read'] });

  const who = await caller.run(['whoami', '--json'], env);
  expect(JSON.parse(who.stdout)).toMatchObject({ person: 'robin', kind: 'person' });
  expect(await caller.run(['logout', '--json'], env)).toMatchObject({ exitCode: 0 });
  expect(await caller.run(['runs'], env)).toMatchObject({ exitCode: 4 });
});

test('a secret that stands in config.yaml is refused before the journal keeps it', async () => {
  const home = homeOf(programForAll(), serverAccount, {
    'config/people.yaml': 'people: []\n',
    'config/config.yaml': `login:
  oidc:
    - { name: SSO, issuer: https://login.example.com, client_id: runbook, client_secret: hunter2 }
`,
  });
  const said = await home.run(['init', '--no-example']);
  expect(said).toMatchObject({ exitCode: 2 });
  expect(said.stderr).toContain('`client_secret` must say where the secret is kept');
  expect(said.stdout + said.stderr).not.toContain('hunter2');
  const log = await home.run(['audit', 'log', '--json']);
  expect(log.stdout).not.toContain('config.set');
});
