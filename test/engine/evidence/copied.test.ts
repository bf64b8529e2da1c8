import { describe, expect, test } from 'vitest';
import { composeBundle } from '../../../src/audit/bundle/compose-bundle.ts';
import { parseBundle } from '../../../src/audit/bundle/parse-bundle.ts';
import { readTar, writeTar } from '../../../src/audit/bundle/tar.ts';
import { exporting, verifying } from '../../support/evidence.ts';
import { openScene, type Scene } from '../../support/scene.ts';
import { aFarSide } from '../replicate-far-side.ts';

const runbook = `name: gated
steps:
  - { id: restart, privileged: true, run: "true" }
`;

/** An approved run whose start had to be copied elsewhere first, and entries after it. */
async function openCopied(): Promise<Scene> {
  const scene = openScene({
    runbook,
    policy: 'floor: { remote: { required: 1, within: 5s } }',
    config: 'sinks: { vault: { kind: mirror } }',
    sinks: [aFarSide().sink],
  });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  return scene;
}

async function authorizationOf(bundle: Buffer): Promise<string> {
  const { verdicts } = await verifying(bundle);
  return verdicts.find(({ name }) => name === 'authorization')?.anchor ?? '';
}

describe('a bundle of a run that had to have copies', () => {
  test('proves the roots of the heads that were copied', async () => {
    const { bundle } = await exporting(await openCopied());
    expect(await verifying(bundle)).toMatchObject({ findings: [], exit_code: 0 });
    expect(await authorizationOf(bundle)).toContain(
      'starts that copies were demanded for: 1, 1 on recorded word alone',
    );
  });

  test('without those roots says that it cannot tell, and does not say that there were no copies', async () => {
    const { bundle } = await exporting(await openCopied());
    const evidence = parseBundle(readTar(bundle));
    const poorer = writeTar(composeBundle({ ...evidence, roots: [] }));
    const { findings } = await verifying(poorer);
    expect(findings.map(({ code }) => code)).not.toContain('E_REMOTE');
    expect(await authorizationOf(poorer)).toContain(
      '1 not judged: the roots of their copies are not in it',
    );
  });
});
