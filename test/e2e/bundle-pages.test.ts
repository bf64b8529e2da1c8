import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parseEnrolment, passkeyNamespace } from '../../src/approval/statement/enrolment.ts';
import { readTar } from '../../src/audit/bundle/tar.ts';
import { sha256 } from '../../src/base/digest.ts';
import { openLoginDesk } from '../../src/engine/login/open-login-desk.ts';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import { check, python, shell } from '../support/auditor.ts';
import type { LoginScene } from '../support/by-login.ts';
import { altered, codesOf, exporting, verifying } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { client, issuer } from '../support/id-token.ts';
import { aDevice } from '../support/passkeys.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { decidedOnPages, keeper, wholeLog } from './decided-on-pages.ts';

/** Kim makes a passkey theirs by logging in anew for it. */
async function enrolledByLogin(scene: LoginScene): Promise<void> {
  const device = aDevice();
  const desk = openLoginDesk(scene.engine());
  const statement = await desk.prepareEnrolment({ of: { person: 'kim' }, ...device.offered });
  const { time } = parseEnrolment(statement);
  const seconds = Math.floor(Date.parse(time) / 1000) + 5;
  const token = await scene.signer.sign({
    iss: issuer,
    aud: client,
    sub: 'kim',
    nonce: sha256(statement),
    iat: seconds,
    auth_time: seconds,
    exp: seconds + 300,
  });
  const login = { issuer, client, token };
  await desk.enrol(device.sign(passkeyNamespace, statement), { login });
}

const typesIn = (bundle: Buffer): readonly string[] =>
  [...readTar(bundle)].flatMap(([name, bytes]) =>
    name.endsWith('.json') && name.startsWith('entries/')
      ? [(JSON.parse(String(bytes)) as { readonly type: string }).type]
      : [],
  );

describe('a bundle of decisions made on pages', () => {
  testWith(
    [python, 'ssh-keygen'],
    'holds whole, and run by run with all they rest on',
    async () => {
      const { scene, passkey, runs } = await decidedOnPages();
      await removePasskey(keeper(scene), passkey, 'lost');
      await enrolledByLogin(scene);
      const [first, second] = await Promise.all(
        runs.map(async (run) => (await exporting(scene, { run })).bundle),
      );
      const whole = await wholeLog(scene);
      for (const bundle of [first, second, whole]) {
        const { exitCode, said } = check(bundle ?? Buffer.alloc(0));
        expect({ exitCode, said }).toEqual({ exitCode: 0, said });
        expect(await verifying(bundle ?? Buffer.alloc(0))).toMatchObject({
          findings: [],
          exit_code: 0,
        });
      }
      expect(check(whole).said).toContain('3 signatures, 1 fresh logins');
      const rested = ['passkey.invited', 'passkey.enrolled', 'passkey.removed'];
      expect(typesIn(first ?? Buffer.alloc(0))).toEqual(expect.arrayContaining(rested));
      expect(typesIn(second ?? Buffer.alloc(0))).toContain('issuer.keys');
      expect(typesIn(second ?? Buffer.alloc(0)).filter((type) => rested.includes(type))).toEqual(
        [],
      );
    },
  );

  testWith(['ssh-keygen', 'tar'], 'has its passkeys’ signatures accepted by OpenSSH', async () => {
    const { scene, runs } = await decidedOnPages();
    const { bundle } = await exporting(scene, { run: runs[0] });
    const dir = tempFolder();
    writeFileSync(join(dir, 'evidence.tar'), bundle);
    const files = readTar(bundle);
    expect(String(files.get('allowed_signers'))).toMatch(
      /^robin namespaces="approval@[^"]*,passkey@runbook\/v1",[^ ]* sk-ecdsa/m,
    );
    const loop = /tail -n \+2 decisions\.csv[^]*?\ndone/.exec(String(files.get('README.md')))?.[0];
    const { exitCode, said } = shell(`tar -xf evidence.tar\n${loop}`, dir);
    expect({ exitCode, said }).toEqual({ exitCode: 0, said });
    expect(said.match(/Good "(approval|passkey)@runbook\/v1" signature for robin/g)).toHaveLength(
      2,
    );
  });

  testWith([python], 'does not hold without the enrolment of the passkey', async () => {
    const { scene, runs } = await decidedOnPages();
    const { bundle } = await exporting(scene, { run: runs[0] });
    const without = altered(bundle, (files) => {
      for (const [name, bytes] of files) {
        const [, seq] = /^entries\/(\d+)\.json$/.exec(name) ?? [];
        if (seq !== undefined && bytes.includes('"type":"passkey.enrolled"')) {
          files.delete(name);
          files.delete(`entries/${seq}.tlog-proof`);
        }
      }
    });
    expect(check(without).said).toMatch(/entry \d+: .*the key is not robin's/);
    expect(check(without).exitCode).toBe(1);
    expect(await codesOf(without)).toContain('E_APPROVAL');
  });
});
