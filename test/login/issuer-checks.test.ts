import { expect, test } from 'vitest';
import { parseYaml } from '../../src/base/yaml.ts';
import { examine } from '../../src/engine/report/examine.ts';
import { issuerChecks } from '../../src/login/issuer-checks.ts';
import { openIssuer, type TestIssuer } from '../support/issuer.ts';
import { openScene } from '../support/scene.ts';

/** What doctor says of an issuer, as `config.yaml` names it. */
async function doctor({ issuer }: TestIssuer, more = ''): Promise<readonly unknown[]> {
  const written = `oidc: [{ name: Example SSO, issuer: "${issuer}", client_id: runbook${more} }]`;
  const section = parseYaml(written, 'config.yaml', 'config_invalid');
  const scene = openScene({
    runbook: 'name: hello\nsteps:\n  - { id: greet, exec: echo hello }\n',
  });
  const findings = await examine(scene.engine(), {
    stateDir: scene.state,
    issuers: () => issuerChecks(section, { env: {} }),
  });
  return findings.filter(({ name }) => name === 'login Example SSO');
}

const name = 'login Example SSO';

test('doctor asks every issuer what it is', async () => {
  const at = await openIssuer();
  const fine = [{ name, ok: true, message: `\`${at.issuer}\` answers`, hint: null }];
  expect(await doctor(at)).toEqual(fine);
  expect(await doctor(at, ', device: true')).toEqual(fine);
});

test('doctor says why nobody could log in', async () => {
  const at = await openIssuer();
  expect(await doctor(at, ', client_secret: { env: SSO }')).toMatchObject([
    { ok: false, message: expect.stringContaining('SSO') as string },
  ]);
  at.fail('unavailable');
  expect(await doctor(at)).toMatchObject([
    { ok: false, message: expect.stringContaining('cannot be asked') as string },
  ]);
  await at.stop();
  expect(await doctor(at)).toMatchObject([{ ok: false }]);
});

test('doctor knows an issuer without the device flow that config.yaml says it has', async () => {
  const at = await openIssuer({ more: { features: { deviceFlow: { enabled: false } } } });
  expect(await doctor(at)).toMatchObject([{ ok: true }]);
  expect(await doctor(at, ', device: true')).toMatchObject([
    { ok: false, hint: 'allow it there, or leave out `device: true` in `login.oidc`' },
  ]);
});
