import { beforeEach, expect, test } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import type { Head } from '../../src/store/store.ts';
import { gated } from '../audit/court.ts';
import { appendDishonestly, journalSigner, stealKey } from '../support/dishonest.ts';
import {
  aRecoveryKey,
  commitKeys,
  recoveryEvent,
  rotatedBy,
  rotationEvent,
  rotationStatement,
  signKeys,
  withRecoveryKey,
} from '../support/keys.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { byHand } from './journal-by-hand.ts';

// Whoever verifies only what came after a head that they kept: what led to the keys before it is not read again.

let scene: Scene;
let recovery: ApproverSigner;
let kept: Head;

beforeEach(async () => {
  scene = openScene({ runbook: gated });
  const { store } = scene.engine();
  recovery = await withRecoveryKey(store);
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  kept = await store.head();
});

function verifySince(): Promise<VerifyReport> {
  const since = { file: 'kept.note', text: kept.note };
  return scene.service().verify({ receipts: [], pins: [], progress: () => undefined, since });
}

/** With the stolen key alone: a recovery key of the thief's own, and a rotation by that. Answers the first index. */
async function handedOn(): Promise<number> {
  const { store } = scene.engine();
  const own = aRecoveryKey();
  const named = await recoveryEvent(store, own, { over: { previous: null } });
  const index = appendDishonestly(scene.state, named, stealKey(scene.state, store.origin));
  const thief = journalSigner(store.origin);
  const to = formatVerifierKey(store.origin, thief.publicKey);
  const statement = await rotationStatement(store, { to });
  appendDishonestly(scene.state, rotatedBy(statement, await signKeys(own, statement)), thief);
  return index;
}

test('an honest rotation after the head is followed, and a recovery key that is replaced', async () => {
  const { store } = scene.engine();
  await commitKeys(store, await rotationEvent(store, recovery));
  const next = aRecoveryKey();
  await commitKeys(store, await recoveryEvent(store, next, { previous: recovery }));
  await commitKeys(store, await rotationEvent(store, next));
  expect(await verifySince()).toMatchObject({ findings: [], exit_code: 0 });
});

test('a rotation by a recovery key that was named as if it were the first is not', async () => {
  const named = await handedOn();
  const { findings, exit_code } = await verifySince();
  expect(exit_code).toBe(14);
  expect(findings).toMatchObject([
    { code: 'E_KEY_ROTATION', index: named },
    { code: 'E_KEY_ROTATION', index: named + 1 },
    { code: 'E_STH_SIG', index: named + 1 },
  ]);
});

test('nor is it where the true recovery key was taken out of the index', async () => {
  byHand(scene, (db) => db.prepare("delete from events where type = 'key.recovery'").run());
  await scene.restart();
  await handedOn();
  await scene.restart();
  const { findings, exit_code } = await verifySince();
  expect(exit_code).toBe(14);
  expect(findings).toMatchObject([{ code: 'E_KEY_ROTATION', index: kept.size }]);
});
