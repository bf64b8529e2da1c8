import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RequestFile } from '../../src/approval/request-file.ts';
import { newNonce } from '../../src/base/ids.ts';
import { proveKeys } from '../../src/engine/key/prove-keys.ts';
import { newestKey, withKey } from '../../src/journal/key-history.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { gated, receiptsOf, verify } from '../audit/court.ts';
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
import { sinkGap } from '../support/some-events.ts';
import { byHand } from './journal-by-hand.ts';

let scene: Scene;
let recovery: ApproverSigner;

/** One honest run, which robin approved and keeps a receipt and a pin of; then a recovery key was named. */
beforeEach(async () => {
  scene = openScene({ runbook: gated });
  recovery = await withRecoveryKey(scene.engine().store);
  await honestRun();
});

async function honestRun(): Promise<void> {
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect((await scene.resume(run)).status).toBe('succeeded');
}

async function rotate(): Promise<void> {
  const { store } = scene.engine();
  await commitKeys(store, await rotationEvent(store, recovery));
}

const commitSome = () =>
  scene.engine().store.commit({
    run: null,
    expectedVersion: null,
    commandId: newNonce(),
    events: [sinkGap()],
  });

async function findings(): Promise<readonly (readonly [string, number | null])[]> {
  return (await verify(scene)).findings.map(({ code, index }) => [code, index]);
}

/** A request file as the journal shows it now, to somebody who saw it at this size. */
async function shown(seen: number | null): Promise<RequestFile> {
  await scene.exec();
  return scene.service().review(null, seen);
}

const robinsPin = () => scene.people.robin.approver.pins()[0];

describe('with the stolen journal key alone', () => {
  const forgedRotation = async (by: ApproverSigner) => {
    const { store } = scene.engine();
    const thief = journalSigner(store.origin);
    const to = formatVerifierKey(store.origin, thief.publicKey);
    const statement = await rotationStatement(store, { to });
    return { thief, event: rotatedBy(statement, await signKeys(by, statement)) };
  };

  test('the store records no rotation that the recovery key did not sign', async () => {
    const { event } = await forgedRotation(aRecoveryKey());
    await expect(commitKeys(scene.engine().store, event)).rejects.toMatchObject({
      code: 'E_KEY_ROTATION',
      exitCode: 14,
    });
  });

  test('a rotation written by hand, and signed by the key it names, ends the journal here and shows there', async () => {
    const { thief, event } = await forgedRotation(aRecoveryKey());
    const index = appendDishonestly(scene.state, event, thief);
    expect(await findings()).toEqual([
      ['E_KEY_ROTATION', index],
      ['E_STH_SIG', index],
    ]);
    await expect(commitSome()).rejects.toMatchObject({ code: 'E_STH_SIG' });
    await expect(scene.exec()).rejects.toMatchObject({ code: 'E_STH_SIG' });
  });

  test('one that the stolen key signs hands nothing on: the journal goes on under the old key', async () => {
    const { event } = await forgedRotation(aRecoveryKey());
    const stolen = stealKey(scene.state, scene.engine().store.origin);
    const index = appendDishonestly(scene.state, event, stolen);
    const { id } = newestKey(await scene.engine().store.keys());
    await commitSome();
    expect(newestKey(await scene.engine().store.keys()).id).toBe(id);
    expect(await findings()).toEqual([['E_KEY_ROTATION', index]]);
  });

  test('the recovery key is not replaced', async () => {
    const { store } = scene.engine();
    const own = aRecoveryKey();
    const named = await recoveryEvent(store, own, { previous: own });
    const stolen = stealKey(scene.state, store.origin);
    const first = appendDishonestly(scene.state, named, stolen);
    const { event } = await forgedRotation(own);
    const second = appendDishonestly(scene.state, event, stolen);
    expect(await findings()).toEqual([
      ['E_KEY_ROTATION', first],
      ['E_KEY_ROTATION', second],
    ]);
  });
});

describe('a statement of the recovery key', () => {
  test('for one journal rotates no other', async () => {
    const other = openScene({ runbook: gated });
    const { store } = other.engine();
    await commitKeys(store, await recoveryEvent(store, recovery));
    const event = await rotationEvent(scene.engine().store, recovery);
    await expect(commitKeys(store, event)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
    const index = appendDishonestly(other.state, event, stealKey(other.state, store.origin));
    const report = await verify(other);
    expect(report.findings).toMatchObject([{ code: 'E_KEY_ROTATION', index }]);
  });

  test('is used up by the rotation it was made for', async () => {
    const { store } = scene.engine();
    const event = await rotationEvent(store, recovery);
    await commitKeys(store, event);
    await expect(commitKeys(store, event)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
  });

  test('for a head that this journal never had rotates nothing', async () => {
    const { store } = scene.engine();
    const { size } = await store.head();
    const log = { origin: store.origin, size, root: Buffer.alloc(32).toString('base64') };
    const event = await rotationEvent(store, recovery, { over: { log } });
    await expect(commitKeys(store, event)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
  });

  test('says itself what it does: an entry that says otherwise does nothing', async () => {
    const { store } = scene.engine();
    const data = { reason: 'compromised', compromised_since: '2026-01-01T00:00:00.000Z' } as const;
    const event = await rotationEvent(store, recovery, { data });
    await expect(commitKeys(store, event)).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
  });
});

describe('after a rotation', () => {
  test('whoever kept the old key signs nothing that counts', async () => {
    const old = stealKey(scene.state, scene.engine().store.origin);
    await rotate();
    await commitSome();
    const index = appendDishonestly(scene.state, sinkGap(), old);
    await expect(commitSome()).rejects.toMatchObject({ code: 'E_STH_SIG' });
    expect(await findings()).toContainEqual(['E_STH_SIG', index]);
  });

  test('an older copy put back, without its key, records nothing', async () => {
    const old = join(scene.dir, 'old');
    await scene.restart();
    cpSync(scene.state, old, { recursive: true });
    await rotate();
    await scene.restart();
    for (const file of ['journal.sqlite', 'journal.sqlite-wal', 'journal.sqlite-shm']) {
      rmSync(join(scene.state, file), { force: true });
    }
    cpSync(join(old, 'journal.sqlite'), join(scene.state, 'journal.sqlite'));
    await expect(commitSome()).rejects.toMatchObject({ code: 'journal_key_wrong' });
  });

  test('an older copy put back with its key shows against a pin from after it', async () => {
    const old = join(scene.dir, 'old');
    await scene.restart();
    cpSync(scene.state, old, { recursive: true });
    await rotate();
    await honestRun();
    await scene.restart();
    rmSync(scene.state, { recursive: true });
    cpSync(old, scene.state, { recursive: true });
    const report = await verify(scene, { pins: true });
    expect(report.findings.map(({ code }) => code)).toContain('E_TRUNCATED');
    expect(report.exit_code).toBe(14);
    await scene.exec();
    await expect(scene.decide(scene.people.robin, 'approve')).rejects.toMatchObject({
      code: 'E_KEY_UNKNOWN',
    });
  });

  test('receipts and pins from before it still hold', async () => {
    await rotate();
    const report = await verify(scene, { receipts: receiptsOf(scene, 'robin'), pins: true });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
  });
});

describe("an approver's client that knows an older key", () => {
  const open = (file: RequestFile) => scene.people.robin.approver.open(file);

  test('follows the rotation, and pins the new key', async () => {
    const before = robinsPin()?.verifierKey;
    await rotate();
    await rotate();
    await honestRun();
    const { name, publicKey } = newestKey(await scene.engine().store.keys());
    expect(robinsPin()?.verifierKey).toBe(formatVerifierKey(name, publicKey));
    expect(robinsPin()?.verifierKey).not.toBe(before);
  });

  test('refuses a new key that comes without its history, or with a part of it', async () => {
    await rotate();
    const file = await shown(robinsPin()?.size ?? null);
    const { keys = [], ...bare } = file;
    expect(keys).toHaveLength(3);
    expect(() => open(bare)).toThrow(expect.objectContaining({ code: 'E_KEY_UNKNOWN' }));
    const [genesis, named, rotated] = keys;
    const parts = [[genesis], [genesis, named], [genesis, rotated], [named, rotated]];
    for (const part of parts) {
      const shownKeys = part.flatMap((one) => one ?? []);
      expect(() => open({ ...bare, keys: shownKeys })).toThrow(
        expect.objectContaining({ exitCode: 14 }),
      );
    }
    expect(open(file).pin.verifierKey).toBe(file.verifier_key);
  });

  test('refuses a history of which anything was altered', async () => {
    await rotate();
    const file = await shown(robinsPin()?.size ?? null);
    const altered = (file.keys ?? []).flatMap((key, at) => {
      const others = [key.leaf, ...key.inclusion, ...key.consistency].filter((text) => text !== '');
      return others.map((text) => {
        const flipped = Buffer.from(text, 'base64');
        flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
        const json = JSON.stringify(key).replace(text, flipped.toString('base64'));
        const changed = JSON.parse(json) as typeof key;
        return {
          ...file,
          keys: (file.keys ?? []).map((one, index) => (index === at ? changed : one)),
        };
      });
    });
    expect(altered.length).toBeGreaterThan(6);
    for (const one of altered) {
      expect(() => open(one)).toThrow(expect.objectContaining({ exitCode: 14 }));
    }
  });

  test('refuses a fork from before the rotation, even one that the recovery key handed on', async () => {
    const forked = join(scene.dir, 'forked');
    await scene.restart();
    cpSync(scene.state, forked, { recursive: true });
    await rotate();
    await honestRun();
    await scene.restart();
    rmSync(scene.state, { recursive: true });
    cpSync(forked, scene.state, { recursive: true });
    await rotate();
    for (let count = 0; count < 8; count += 1) {
      await commitSome();
    }
    const file = await shown(robinsPin()?.size ?? null);
    expect(() => open(file)).toThrow(expect.objectContaining({ exitCode: 14 }));
  });
});

test('whoever can write the journal but has no key of it hands it on to nobody that an approver believes', async () => {
  // No recovery key is named yet, so the thief names one; what is missing is a head of the journal's own key over that.
  scene = openScene({ runbook: gated });
  await honestRun();
  await scene.exec();
  const { store } = scene.engine();
  const thief = journalSigner(store.origin);
  const own = aRecoveryKey();
  appendDishonestly(scene.state, await recoveryEvent(store, own), thief);
  const to = formatVerifierKey(store.origin, thief.publicKey);
  const rotated = await rotationEvent(store, own, { over: { to } });
  const index = appendDishonestly(scene.state, rotated, thief);
  // The store does not follow; a thief's own program would show it all.
  const ended = { reason: 'rotation', compromisedSince: null } as const;
  const history = withKey(await store.keys(), index, { key: thief, ...ended });
  const shownKeys = await proveKeys(store, history, index + 1);
  const honest = await scene.service().review(null, robinsPin()?.size ?? null);
  const file = { ...honest, verifier_key: to, keys: shownKeys };
  const open = (shownFile: RequestFile) => () => scene.people.robin.approver.open(shownFile);
  expect(open(file)).toThrow(expect.objectContaining({ code: 'E_STH_SIG' }));
  const keys = shownKeys.map((key) => ({ ...key, before: null }));
  expect(open({ ...file, keys })).toThrow(expect.objectContaining({ code: 'E_KEY_ROTATION' }));
  expect((await findings()).map(([code]) => code)).toContain('E_STH_SIG');
});

test('nor does it help to write everything under one head: the journal itself refuses, and the audit knows no such key', async () => {
  scene = openScene({ runbook: gated });
  await honestRun();
  const { store } = scene.engine();
  const thief = journalSigner(store.origin);
  const own = aRecoveryKey();
  const { id } = newestKey(await store.keys());
  const named = appendDishonestly(scene.state, await recoveryEvent(store, own), thief);
  const to = formatVerifierKey(store.origin, thief.publicKey);
  appendDishonestly(scene.state, await rotationEvent(store, own, { over: { to } }), thief);
  // One commit: the head in between is not there.
  byHand(scene, (db) =>
    db.prepare('update entries set key_id = null, signature = null where seq = ?').run(named),
  );
  await scene.restart();
  expect(newestKey(await scene.engine().store.keys()).id).toBe(id);
  await expect(commitSome()).rejects.toMatchObject({ code: 'E_STH_SIG' });
  expect((await findings()).map(([code]) => code)).toContain('E_KEY_UNKNOWN');
});
