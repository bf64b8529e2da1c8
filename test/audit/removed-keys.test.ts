import { expect, test } from 'vitest';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { enrolled } from '../support/passkeys.ts';
import { openScene, type Scene } from '../support/scene.ts';

const gated = `
name: gated
steps:
  - { id: restart, privileged: true, run: "true" }
`;

interface Kept {
  readonly file: string;
  readonly text: string;
}

async function headOf(scene: Scene): Promise<Kept> {
  const { size, note } = await scene.engine().store.head();
  return { file: `at ${size}`, text: note };
}

/** Robin approved and the step ran; then robin's key was taken out. */
async function openRemoval(): Promise<{ scene: Scene; decided: number; heads: readonly Kept[] }> {
  const scene = openScene({ runbook: gated });
  const { run } = await scene.exec();
  const heads = [await headOf(scene)];
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  heads.push(await headOf(scene));
  scene.trusted.people = scene.trusted.people.replace(/^.*name: robin.*\n/m, '');
  await scene.service().initialise();
  heads.push(await headOf(scene));
  const lines = await scene.service().auditLog({ run: null, limit: 100 });
  const decided = lines.find(({ type }) => type === 'approval.decided')?.index ?? -1;
  return { scene, decided, heads };
}

function verify(scene: Scene, checkpoints: readonly Kept[]): Promise<VerifyReport> {
  return scene.service().verify({ receipts: [], pins: [], checkpoints, progress: () => undefined });
}

test('a decision stands unquestioned where somebody saw it before its key was removed', async () => {
  const { scene, heads } = await openRemoval();
  expect(await verify(scene, heads)).toMatchObject({ findings: [], exit_code: 0 });
});

test('one that nobody saw before then is a warning, and no failure', async () => {
  const { scene, heads, decided } = await openRemoval();
  const [before, , after] = heads;
  for (const kept of [before, after]) {
    const report = await verify(scene, kept === undefined ? [] : [kept]);
    expect(report.findings).toMatchObject([{ code: 'W_KEY_REMOVED', index: decided }]);
    expect(report.findings[0]?.message).toContain('robin decided under key SHA256:');
    expect(report.exit_code).toBe(0);
  }
});

test('where nobody outside has seen anything, only that is said', async () => {
  const { scene } = await openRemoval();
  expect((await verify(scene, [])).findings).toEqual([]);
});

test('a passkey is removed by an entry of its own, and not by a change of `people.yaml` beside it', async () => {
  const scene = openScene({ runbook: gated, account: 'runbook@web1' });
  const { device, passkey } = await enrolled(scene.engine(), 'robin');
  const { run } = await scene.exec();
  const sign = async (namespace: string, message: Buffer): Promise<string> =>
    device.sign(namespace, message.toString()).signature;
  const signer = { publicKey: device.publicKey, sign };
  const before = await headOf(scene);
  await scene.service().decide(await forgeDecision(scene, signer, { person: 'robin' }), 'web');
  await scene.resume(run);
  scene.trusted.people = scene.trusted.people.replace('name: kim, groups: [data]', 'name: kim');
  await scene.service().initialise();
  expect(await verify(scene, [before])).toMatchObject({ findings: [], exit_code: 0 });
  await removePasskey(scene.engine(), passkey.passkey, 'stolen');
  expect((await verify(scene, [before])).findings).toMatchObject([{ code: 'W_KEY_REMOVED' }]);
});
