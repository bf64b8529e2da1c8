import { beforeEach, describe, expect, test } from 'vitest';
import type { Pin } from '../../../src/approval/statement/receipt.ts';
import { verifyCopy } from '../../../src/engine/proof/verify-copy.ts';
import { keyAt, newestKey } from '../../../src/journal/key-history.ts';
import { formatVerifierKey, type VerifierKey } from '../../../src/journal/verifier-key.ts';
import { openTileFiles } from '../../../src/sinks/tile-files.ts';
import { gated, receiptsOf } from '../../audit/court.ts';
import { exporting, verifying } from '../../support/evidence.ts';
import { commitKeys, rotationEvent, withRecoveryKey } from '../../support/keys.ts';
import { openScene, type Scene } from '../../support/scene.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { writeTiles } from '../../support/tiles.ts';

// A journal of two runs, one under its first key and one under its second.

interface Rotated {
  readonly scene: Scene;
  readonly runs: readonly string[];
  readonly keys: { readonly old: string; readonly now: string };
  /** What robin's client knew before the rotation. */
  readonly pins: readonly Pin[];
}

let rotated: Rotated;

beforeEach(async () => {
  const scene = openScene({ runbook: gated });
  const { store } = scene.engine();
  const recovery = await withRecoveryKey(store);
  const first = await approvedRun(scene);
  const pins = scene.people.robin.approver.pins();
  await commitKeys(store, await rotationEvent(store, recovery));
  const second = await approvedRun(scene);
  const history = await store.keys();
  const keys = { old: text(keyAt(history, 1)), now: text(newestKey(history)) };
  rotated = { scene, runs: [first, second], keys, pins };
});

async function approvedRun(scene: Scene): Promise<string> {
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect((await scene.resume(run)).status).toBe('succeeded');
  return run;
}

function text({ name, publicKey }: VerifierKey): string {
  return formatVerifierKey(name, publicKey);
}

const fine = { findings: [], exit_code: 0 };
const unknown = { findings: [{ code: 'E_KEY_UNKNOWN' }], exit_code: 14 };

describe('a bundle', () => {
  test('of either run holds by itself, and under the key that signs now', async () => {
    const { scene, runs, keys } = rotated;
    for (const run of runs) {
      const { bundle } = await exporting(scene, { run });
      expect(await verifying(bundle)).toMatchObject(fine);
      expect(await verifying(bundle, { keys: [keys.now] })).toMatchObject(fine);
    }
  });

  test('holds under the older key only with a pin of it that saw the recovery key', async () => {
    const { scene, runs, keys, pins } = rotated;
    const receipts = receiptsOf(scene, 'robin');
    const { bundle } = await exporting(scene, { run: runs[0] ?? null });
    expect(await verifying(bundle, { keys: [keys.old] })).toMatchObject(unknown);
    expect(await verifying(bundle, { keys: [keys.old], receipts })).toMatchObject(unknown);
    expect(await verifying(bundle, { keys: [keys.old], pins })).toMatchObject(fine);
  });
});

test('a mirror holds under the key that signs now, and under the older one with a head of that', async () => {
  const { scene, keys, pins } = rotated;
  const folder = tempFolder();
  await writeTiles(scene.engine().store, folder);
  const nothing = { receipts: [], pins: [], nowMs: 0, progress: () => undefined };
  const verify = (key: string, more: Partial<Parameters<typeof verifyCopy>[1]> = {}) =>
    verifyCopy(openTileFiles(folder, '/'), { ...nothing, keys: [key], ...more });
  expect(await verify(keys.now)).toMatchObject(fine);
  expect(await verify(keys.old)).toMatchObject(unknown);
  expect(await verify(keys.old, { pins })).toMatchObject(fine);
  expect(await verify(keys.old, { receipts: receiptsOf(scene, 'robin') })).toMatchObject(fine);
});
