import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { verifyPrograms } from '../../src/audit/bundle/program-texts.ts';
import { readTar } from '../../src/audit/bundle/tar.ts';
import { runTool } from '../../src/base/tool.ts';
import { openApprover } from '../../src/signers/approver.ts';
import { openApproverMemory } from '../../src/signers/approver-memory.ts';
import { openKeyFile } from '../../src/signers/key-file.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { decided, gated, openCourt, say, started } from '../audit/court.ts';
import { check, python, shell } from '../support/auditor.ts';
import { ecdsaAuthenticator } from '../support/authenticator.ts';
import { altered, codesOf, exporting, verifying } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { forged } from '../support/forge.ts';
import { commitKeys, rotationEvent, withRecoveryKey } from '../support/keys.ts';
import { type Colleague, openScene, type Scene } from '../support/scene.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** One more person, with a key of another kind, who approves the only step. */
async function approvedBy(signer: Colleague['signer']): Promise<Scene> {
  const scene = openScene({
    runbook: gated,
    morePeople: `  - { name: lee, groups: [sre], ssh_keys: ["${signer.publicKey}"] }`,
  });
  const memory = openApproverMemory(join(scene.dir, '.memory-lee'), scene.state);
  const { run } = await scene.exec();
  await scene.decide(
    { name: 'lee', signer, approver: openApprover(memory, scene.clock) },
    'approve',
  );
  expect((await scene.resume(run)).status).toBe('succeeded');
  return scene;
}

async function expectHolds(scene: Scene, run: string | null = null): Promise<Buffer> {
  const { bundle } = await exporting(scene, { run });
  expect(await verifying(bundle)).toMatchObject({ findings: [], exit_code: 0 });
  const { exitCode, said } = check(bundle);
  expect({ exitCode, said }).toEqual({ exitCode: 0, said });
  return bundle;
}

describe('verify.py holds an honest bundle', () => {
  for (const [kind, bits] of [
    ['rsa', '3072'],
    ['ecdsa', '384'],
    ['ecdsa', '521'],
  ] as const) {
    testWith(
      [python, 'ssh-keygen'],
      `whose approver has a key ${kind} of ${bits} bits`,
      async () => {
        const file = join(tempFolder(), 'key');
        runTool(['ssh-keygen', '-q', '-t', kind, '-b', bits, '-N', '', '-C', '', '-f', file]);
        const bundle = await expectHolds(await approvedBy(openKeyFile(file)));
        const other = altered(bundle, (files) => {
          const [name = ''] = [...files.keys()].filter((each) => each.endsWith('.sig'));
          files.set(name, Buffer.from(String(files.get(name)).replace('AAAA', 'AAAB')));
        });
        expect(check(other).exitCode).toBe(1);
      },
    );
  }

  testWith([python], 'whose approver has a passkey for a page of localhost', async () => {
    const passkey = ecdsaAuthenticator('localhost');
    const by = (origin: string) => ({
      publicKey: passkey.publicKey,
      sign: async (namespace: string, message: Buffer) =>
        passkey.approveOn({ namespace, message, flags: 5, origin }).toString('base64'),
    });
    await expectHolds(await approvedBy(by('http://localhost:8080')));
    await expect(approvedBy(by('http://localhost.evil.net'))).rejects.toThrow();
  });

  testWith([python], 'from before and after a rotation of the key', async () => {
    const scene = openScene({ runbook: gated });
    const { store } = scene.engine();
    const recovery = await withRecoveryKey(store);
    const runs: string[] = [];
    for (const isLast of [false, true]) {
      const { run } = await scene.exec();
      await scene.decide(scene.people.robin, 'approve');
      await scene.resume(run);
      runs.push(run);
      await (isLast ? undefined : commitKeys(store, await rotationEvent(store, recovery)));
    }
    for (const run of runs) {
      const bundle = await expectHolds(scene, run);
      expect([...readTar(bundle).keys()]).toContain('keys/0.vkey');
    }
  });

  testWith([python], 'in which a probe settled a step, and no other command for it', async () => {
    const runbook = `
name: probed
steps:
  - { id: restart, privileged: true, run: "true", env: { WHERE: "café" }, check: { run: "true" } }
`;
    const court = await openCourt({ runbook });
    const { robin } = court.scene.people;
    const signed = await forgeDecision(court.scene, robin.signer, { person: 'robin' });
    await say(court, decided(court, signed), await started(court));
    expect((await court.scene.resume(court.run)).steps[0]?.reason).toBe('its `check` holds');
    const bundle = await expectHolds(court.scene, court.run);
    const other = forged(bundle, court.scene, (data, type) =>
      type === 'step.started' && data['step'] === 'restart/check'
        ? { ...data, digest: 'ab'.repeat(32) }
        : null,
    );
    expect(check(other).said).toContain('privileged, and nobody was asked');
    expect(await codesOf(other)).toContain('E_COMMAND_CHANGED');
  });

  testWith(
    [python],
    'of which something was pruned, and says of how much the hash alone is left',
    async () => {
      const scene = openScene({ runbook: gated });
      await withRecoveryKey(scene.engine().store);
      for (let at = 0; at < 2; at += 1) {
        const { run } = await scene.exec();
        await scene.decide(scene.people.robin, 'approve');
        await scene.resume(run);
        scene.clock.shift(at === 0 ? 500 * 86_400_000 : 0);
      }
      const beforeMs = scene.clock.now().wallMs - 400 * 86_400_000;
      await scene.service().prune({ beforeMs, reason: 'old', dryRun: false });
      const { size } = await scene.engine().store.head();
      const { bundle } = await exporting(scene, { range: { from: '0', to: String(size) } });
      const { exitCode, said } = check(bundle);
      expect({ exitCode, said }).toEqual({ exitCode: 0, said });
      expect(said).toMatch(/NOT CHECKED: [1-9]\d* entries of which only the hash is left/);
      expect((await verifying(bundle)).exit_code).toBe(0);
      const stray = altered(bundle, (files) => {
        const entry =
          [...files].find(([, bytes]) => bytes.includes('"type":"log.pruned"'))?.[0] ?? '';
        files.delete(entry);
        files.delete(entry.replace('.json', '.tlog-proof'));
      });
      expect(check(stray).exitCode).toBe(1);
    },
  );
});

describe('an archive that is not what it says', () => {
  /** The first member's header says something else, and its sum fits. */
  const headed = (bundle: Buffer, at: number, value: string): Buffer => {
    const other = Buffer.from(bundle);
    other.write(value, at, 'latin1');
    other.fill(' ', 148, 156);
    const sum = other.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    other.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return other;
  };

  testWith([python], 'is refused by both, and costs neither its memory', async () => {
    const scene = openScene({ runbook: gated });
    await scene.exec();
    const { bundle } = await exporting(scene);
    const cases: readonly (readonly [string, Buffer])[] = [
      ['a member of eight gigabytes', headed(bundle, 124, '77777777777')],
      ['a sparse member', headed(bundle, 156, 'S')],
      ['a link', headed(bundle, 156, '2')],
      ['a name above the folder', headed(bundle, 0, '../evil\0')],
      ['an absolute name', headed(bundle, 0, '/evil\0')],
      ['a member cut short', bundle.subarray(0, 700)],
      ['half of it', bundle.subarray(0, Math.floor(bundle.length / 1024) * 512)],
    ];
    for (const [what, attacked] of cases) {
      expect(check(attacked).said, what).toMatch(/^WRONG: /);
      expect(check(attacked).exitCode, what).toBe(1);
      expect(await codesOf(attacked), what).toEqual(['E_BUNDLE_FORM']);
    }
  });

  testWith([python], 'is refused by its size, where it is a hole of five gigabytes', async () => {
    const scene = openScene({ runbook: gated });
    await scene.exec();
    const { bundle } = await exporting(scene);
    const folder = tempFolder();
    const files = readTar(bundle);
    for (const name of Object.keys(verifyPrograms)) {
      writeFileSync(join(folder, name), files.get(name) ?? '');
    }
    writeFileSync(join(folder, 'evidence.tar'), bundle);
    truncateSync(join(folder, 'evidence.tar'), 5 * 1024 ** 3);
    const { exitCode, said } = shell('python3 verify.py evidence.tar', folder);
    expect(exitCode).toBe(1);
    expect(said).toContain('larger than a bundle can be');
  });
});
