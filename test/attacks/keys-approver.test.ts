import { beforeEach, describe, expect, test } from 'vitest';
import type { RequestFile } from '../../src/approval/request-file.ts';
import { proveKeys } from '../../src/engine/key/prove-keys.ts';
import { beginHistory, withKey, withRecovery } from '../../src/journal/key-history.ts';
import type { CheckpointSigner } from '../../src/journal/signer.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
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

// Whoever stole the journal's key, and has no recovery key, against the client of somebody who approved before.

let scene: Scene;

beforeEach(() => {
  scene = openScene({ runbook: gated });
});

/** Robin approves, and so pins what the journal showed. */
async function approvedRun(): Promise<void> {
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect((await scene.resume(run)).status).toBe('succeeded');
}

const robinsPin = () => scene.people.robin.approver.pins()[0];

const open = (file: RequestFile) => scene.people.robin.approver.open(file);

/** A recovery key of the thief's own, named as if it were the first, under the stolen key. */
async function nameOwn(own: ApproverSigner): Promise<number> {
  const { store } = scene.engine();
  const named = await recoveryEvent(store, own, { over: { previous: null } });
  return appendDishonestly(scene.state, named, stealKey(scene.state, store.origin));
}

async function rotateBy(own: ApproverSigner, thief: CheckpointSigner): Promise<number> {
  const { store } = scene.engine();
  const to = formatVerifierKey(store.origin, thief.publicKey);
  const statement = await rotationStatement(store, { to });
  const event = rotatedBy(statement, await signKeys(own, statement));
  return appendDishonestly(scene.state, event, thief);
}

/** What a thief's own program shows: genesis and the entries they like. */
async function shownBy(
  thief: CheckpointSigner | null,
  { named, rotated }: { readonly named: number; readonly rotated: number | null },
): Promise<RequestFile> {
  const honest = await scene.service().review(null, robinsPin()?.size ?? null);
  const { store } = scene.engine();
  const [first] = (await store.keys()).keys;
  const began = withRecovery(beginHistory(first, null), named, 'ssh-ed25519 AAAA');
  const ended = { reason: 'rotation', compromisedSince: null } as const;
  const history =
    thief === null || rotated === null ? began : withKey(began, rotated, { key: thief, ...ended });
  const verifierKey = formatVerifierKey(store.origin, (thief ?? first).publicKey);
  const { size } = await store.head();
  return { ...honest, verifier_key: verifierKey, keys: await proveKeys(store, history, size) };
}

describe("an approver's client that was shown the recovery key", () => {
  beforeEach(async () => {
    await withRecoveryKey(scene.engine().store);
    await approvedRun();
    await scene.exec();
  });

  test('remembers it, and the entry that names it, from its first decision on', async () => {
    const [recovery] = (await scene.engine().store.keys()).recoveries;
    expect(robinsPin()?.recovery).toEqual(recovery);
  });

  test('follows no rotation by one that was named as the first where the true one is left out', async () => {
    const own = aRecoveryKey();
    const thief = journalSigner(scene.engine().store.origin);
    const named = await nameOwn(own);
    const file = await shownBy(thief, { named, rotated: await rotateBy(own, thief) });
    expect(file.keys?.map(({ index }) => index)).toEqual([0, named, named + 1]);
    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'E_KEY_ROTATION' }));
  });

  test('does not take that one for the recovery key either, while the stolen key still signs', async () => {
    const named = await nameOwn(aRecoveryKey());
    const file = await shownBy(null, { named, rotated: null });
    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'E_KEY_ROTATION' }));
    expect(() => open(file)).toThrow(`leaves out entry ${robinsPin()?.recovery?.index},`);
  });

  test('forgets nothing where a journal shows nothing of its keys', async () => {
    const { keys: _, ...bare } = await scene.service().review(null, robinsPin()?.size ?? null);
    expect(open(bare).pin.recovery).toEqual(robinsPin()?.recovery);
  });

  test('follows the one that it names itself as the next, and a rotation by that', async () => {
    const previous = aRecoveryKey();
    scene = openScene({ runbook: gated });
    const journal = scene.engine().store;
    await commitKeys(journal, await recoveryEvent(journal, previous));
    await approvedRun();
    const next = aRecoveryKey();
    await commitKeys(journal, await recoveryEvent(journal, next, { previous }));
    await commitKeys(journal, await rotationEvent(journal, next));
    await approvedRun();
    expect(robinsPin()?.recovery?.public).toBe(next.publicKey);
  });
});

describe("an approver's client that was shown none", () => {
  test('takes the first that is named under the key it knows, and only that from then on', async () => {
    await approvedRun();
    expect(robinsPin()).not.toHaveProperty('recovery');
    const recovery = await withRecoveryKey(scene.engine().store);
    await approvedRun();
    expect(robinsPin()?.recovery?.public).toBe(recovery.publicKey);
  });

  test('is shown nothing of keys until one is named', async () => {
    await scene.exec();
    expect(await scene.service().review(null, null)).not.toHaveProperty('keys');
    await withRecoveryKey(scene.engine().store);
    const { keys = [] } = await scene.service().review(null, null);
    expect(keys).toHaveLength(2);
  });
});
