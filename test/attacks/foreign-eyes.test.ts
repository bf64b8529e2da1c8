import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunId } from '../../src/base/ids.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { testWith } from '../support/foreign.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { forgeResolution, leaveUnknown } from './forge.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo approved
`;

interface Signed {
  readonly person: string;
  readonly statement: string;
  readonly signature: string;
  readonly namespace: string;
}

/** Every signature of a person that the journal holds. */
async function signaturesIn(scene: Scene, run: RunId): Promise<readonly Signed[]> {
  const entries = await scene.service().events(run, 0);
  return entries.flatMap(({ event }): Signed[] => {
    if (event.type === 'approval.decided' && event.data.signature !== null) {
      const { person, statement, signature } = event.data;
      return [{ person, statement, signature, namespace: 'approval@runbook/v1' }];
    }
    if (event.type === 'step.resolved' && event.data.statement !== null) {
      const { link, statement, signature } = event.data;
      const namespace = 'resolve@runbook/v1';
      return [{ person: link?.person ?? '', statement, signature: signature ?? '', namespace }];
    }
    return [];
  });
}

testWith(
  ['ssh-keygen'],
  '`ssh-keygen -Y verify` accepts every decision that is recorded, and no other text',
  async () => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    const { robin, kim } = scene.people;
    await scene.decide(robin, 'approve');
    await scene.decide(robin, 'revoke');
    await scene.decide(kim, 'approve');
    await leaveUnknown(scene, run);
    const signed = await forgeResolution(scene, robin.signer, {
      run,
      step: 'restart',
      person: 'robin',
      outcome: 'failed',
    });
    await scene.service().resolve({ run, step: 'restart', outcome: 'failed', reason: 'x', signed });

    const folder = tempFolder();
    const allowed = join(folder, 'allowed_signers');
    const lines = [robin, kim].map(({ name, signer }) => `${name} ${signer.publicKey}`);
    writeFileSync(allowed, `${lines.join('\n')}\n`);
    const verdict = (
      { person, signature, namespace }: Signed,
      statement: string,
    ): number | null => {
      const file = join(folder, 'statement.sig');
      const body = signature.match(/.{1,70}/g)?.join('\n') ?? '';
      writeFileSync(file, `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`);
      const argv = ['-Y', 'verify', '-f', allowed, '-I', person, '-n', namespace, '-s', file];
      return spawnSync('ssh-keygen', argv, { input: statement }).status;
    };
    const all = await signaturesIn(scene, run);
    expect(all.map(({ person }) => person)).toEqual(['robin', 'robin', 'kim', 'robin']);
    for (const one of all) {
      expect(verdict(one, one.statement)).toBe(0);
      expect(verdict(one, one.statement.replace('"v":1', '"v":2'))).not.toBe(0);
    }
  },
);

testWith(['openssl'], '`openssl` verifies the head, and no other', async () => {
  const scene = openScene({ runbook: gated });
  await scene.exec();
  const { store } = scene.engine();
  const { note } = await store.head();
  const folder = tempFolder();
  const end = note.indexOf('\n\n') + 1;
  const encoded = note.slice(end).trim().split(' ').at(-1) ?? '';
  // RFC 8410: the DER of an Ed25519 public key up to the key itself.
  const spki = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    newestKey(await store.keys()).publicKey,
  ]);
  writeFileSync(join(folder, 'key.der'), spki);
  // The first four bytes name the key (C2SP signed-note).
  writeFileSync(join(folder, 'signature'), Buffer.from(encoded, 'base64').subarray(4));
  const verdict = (body: string): number | null => {
    writeFileSync(join(folder, 'head'), body);
    const argv =
      'pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in head -sigfile signature';
    return spawnSync('openssl', argv.split(' '), { cwd: folder }).status;
  };
  expect(verdict(note.slice(0, end))).toBe(0);
  expect(verdict(note.slice(0, end).replace(/\n\d+\n/, '\n99\n'))).not.toBe(0);
});
