import { expect, onTestFinished, test } from 'vitest';
import { openServed, robin } from '../server/served.ts';
import { openLoggingIn } from '../server/web/logging-in.ts';
import { openIssuer } from '../support/issuer.ts';
import { aScene, type Scene } from './scene.ts';

function callerOf(url: string): Scene {
  const scene = aScene();
  onTestFinished(() => scene.close());
  return scene.with({ env: { RUNBOOK_SERVER: url } });
}

test('a token that is piped in is taken, although the server has single sign-on', async () => {
  const served = await openLoggingIn();
  const token = await served.token(robin, ['read']);
  const said = await callerOf(served.url)
    .with({ stdin: `${token}\n` })
    .run('login', '--json');
  expect(JSON.parse(said.stdout)).toMatchObject({ person: 'robin', scopes: ['read'] });
});

test('an issuer that the server does not offer is told, with those that it does', async () => {
  const served = await openLoggingIn();
  const said = await callerOf(served.url).run('login', '--issuer', 'Other', '--json');
  expect(said.exitCode).toBe(2);
  expect(JSON.parse(said.stderr)).toMatchObject({
    code: 'issuer_unknown',
    hint: "`--issuer 'Example SSO'`",
  });
});

test('a job that lost its token ends at once, and waits for no browser', async () => {
  const served = await openLoggingIn();
  const said = await callerOf(served.url).run('login');
  expect(said).toMatchObject({ exitCode: 4, stdout: '' });
  expect(said.stderr).toContain('no token came on stdin');
  expect(said.stderr).toContain('hint: `runbook login < token.txt`; `--issuer NAME`');
  const meant = await callerOf(served.url).run('login', '--issuer', 'Other');
  expect(meant).toMatchObject({ exitCode: 2, stdout: '' });
});

test('where nobody can be asked, nothing is piped in and there is no single sign-on, it says so', async () => {
  const served = await openServed();
  const said = await callerOf(served.url).run('login', '--json');
  expect(said.exitCode).toBe(2);
  expect(JSON.parse(said.stderr)).toMatchObject({ code: 'token_missing' });
});

test('doctor asks the issuers that config.yaml names, and survives one that is written wrong', async () => {
  const { issuer, client } = await openIssuer();
  const scene = aScene();
  onTestFinished(() => scene.close());
  const configure = (id: string) =>
    scene.write(
      'config/config.yaml',
      `login: { oidc: [{ id: ${id}, name: Example SSO, issuer: "${issuer}", client_id: ${client} }] }\n`,
    );
  const doctor = async (): Promise<unknown> =>
    JSON.parse((await scene.run('doctor', '--json')).stdout);
  configure('sso');
  expect(await doctor()).toMatchObject({
    findings: expect.arrayContaining([
      { name: 'login Example SSO', ok: true, message: `\`${issuer}\` answers`, hint: null },
    ]) as unknown,
  });
  configure('"?"');
  expect(await doctor()).toMatchObject({
    ok: false,
    findings: expect.arrayContaining([
      expect.objectContaining({ name: 'trusted files', ok: false }),
    ]) as unknown,
  });
});
