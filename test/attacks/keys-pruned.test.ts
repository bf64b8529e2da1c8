import { beforeEach, describe, expect, test } from 'vitest';
import { beginAudit } from '../../src/audit/audit.ts';
import { composeBundle } from '../../src/audit/bundle/compose-bundle.ts';
import { writeTar } from '../../src/audit/bundle/tar.ts';
import { newNonce, type RunId } from '../../src/base/ids.ts';
import { collectEvidence } from '../../src/engine/evidence/collect-evidence.ts';
import { pruneLog } from '../../src/engine/retain/prune-log.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { Recorded } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { gated, verify } from '../audit/court.ts';
import { appendDishonestly, journalSigner, stealKey } from '../support/dishonest.ts';
import { verifying, wholeRun } from '../support/evidence.ts';
import {
  aRecoveryKey,
  recoveryEvent,
  rotatedBy,
  rotationStatement,
  signKeys,
  withRecoveryKey,
} from '../support/keys.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { byHand } from './journal-by-hand.ts';

// What a journal says of its keys is no run's, and cannot be pruned; of a hash alone nobody can see what it was.

const day = 86_400_000;

let scene: Scene;

beforeEach(() => {
  scene = openScene({ runbook: gated, config: 'retention: { keep: 0s }' });
});

async function approvedRun(): Promise<RunId> {
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect((await scene.resume(run)).status).toBe('succeeded');
  return run;
}

async function entries(): Promise<readonly Recorded[]> {
  return (await scene.engine().store.entries(0, 1000)).map(recordedOf);
}

/** With the stolen key: an entry that passes another off as a run's, which is made a mere hash then. */
async function prune(seq: number, run: RunId): Promise<void> {
  const [entry] = (await entries()).filter((each) => each.seq === seq);
  const ranges = [[seq, seq + 1]] as const;
  const runs = [{ run, status: 'succeeded' as const, ranges }];
  const data = { before: seq + 1, count: 1, runs, reason: 'retention', by: 'os:ana@web1' };
  const event = { type: 'log.pruned' as const, data: { ...data, person: 'ana' } };
  const commandId = newNonce();
  await scene
    .engine()
    .store.commit({ run: null, expectedVersion: null, commandId, events: [event] });
  byHand(scene, (db) => {
    db.prepare(
      `insert into pruned (seq, hash, run, time, key_id, signature)
       select seq, ?, ?, '2026-01-01T00:00:00.000Z', key_id, signature from entries where seq = ?`,
    ).run(Buffer.from(entry?.hash ?? '', 'hex'), run, seq);
    db.prepare('delete from entries where seq = ?').run(seq);
    db.prepare('delete from events where seq = ?').run(seq);
  });
  await scene.restart();
}

/**
 * With the stolen key: a recovery key of the thief's own, and a rotation by that. Answers the index of the
 * first, and the head that the stolen key signed over it.
 */
async function handOn(): Promise<{ readonly forged: number; readonly text: string }> {
  const { store } = scene.engine();
  const own = aRecoveryKey();
  const stolen = stealKey(scene.state, store.origin);
  const forged = appendDishonestly(scene.state, await recoveryEvent(store, own), stolen);
  await scene.restart();
  const thief = journalSigner(store.origin);
  const journal = scene.engine().store;
  const { note: text } = await journal.head();
  const to = formatVerifierKey(journal.origin, thief.publicKey);
  const statement = await rotationStatement(journal, { to });
  appendDishonestly(scene.state, rotatedBy(statement, await signKeys(own, statement)), thief);
  await scene.restart();
  return { forged, text };
}

describe('where the entry that names the recovery key was made a mere hash', () => {
  let named: number;

  beforeEach(async () => {
    await withRecoveryKey(scene.engine().store);
    named = (await scene.engine().store.head()).size - 1;
    await prune(named, await approvedRun());
  });

  test('no audit follows a later one as if it were the first, nor a rotation by that', async () => {
    const { forged } = await handOn();
    const { findings, exit_code } = await verify(scene);
    expect(exit_code).toBe(14);
    const found = findings.map(({ code, index }) => [code, index]);
    expect(found).toContainEqual(['E_KEY_ROTATION', forged]);
    expect(found).toContainEqual(['E_KEY_ROTATION', forged + 1]);
    expect(found).toContainEqual(['E_STH_SIG', forged + 1]);
  });

  test('the pin of whoever saw it misses it', async () => {
    const { findings, exit_code } = await verify(scene, { pins: true });
    expect(exit_code).toBe(14);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'E_KEY_ROTATION', index: named }),
    );
  });

  test('nor does a bundle that leaves it out lead there from the key that was stolen', async () => {
    const run = await approvedRun();
    const [first] = (await scene.engine().store.keys()).keys;
    const kept = { file: 'kept.note', text: (await handOn()).text };
    const input = { ...wholeRun, run, since: kept };
    const evidence = await collectEvidence(scene.engine(), input);
    const entries = evidence.entries.filter(({ seq }) => seq !== named);
    const bundle = writeTar(composeBundle({ ...evidence, entries }));
    const keys = [formatVerifierKey(first.name, first.publicKey)];
    const { findings, exit_code } = await verifying(bundle, { keys, checkpoints: [kept] });
    expect(findings.map(({ code }) => code)).toContain('E_KEY_UNKNOWN');
    expect(exit_code).toBe(14);
  });

  test("no approver's client that saw it follows", async () => {
    await scene.exec();
    await handOn();
    const { store } = scene.engine();
    expect(newestKey(await store.keys()).from).toBeGreaterThan(1);
    await expect(
      scene.people.robin.approver.read((seen) => scene.service().review(null, seen)),
    ).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
  });
});

test('genesis is never a mere hash', async () => {
  const { store } = scene.engine();
  const [genesis, ...later] = await entries().then(async () => {
    await scene.exec();
    return entries();
  });
  const [{ publicKey }] = (await store.keys()).keys;
  const audit = beginAudit({ origin: store.origin, publicKey, receipts: [], pins: [] });
  audit.addPruned({ seq: 0, hash: genesis?.hash ?? ('' as never) });
  for (const entry of await store.entries(1, later.length + 1)) {
    audit.read(entry);
  }
  expect(audit.findings()).toMatchObject([{ code: 'E_SEQ', index: 0 }]);
});

describe('runs that are pruned honestly', () => {
  const pruneAll = () => {
    scene.clock.shift(day);
    const input = { beforeMs: scene.clock.now().wallMs, reason: 'retention', dryRun: false };
    return pruneLog(scene.engine(), input);
  };

  test('began after the recovery key was named: the others stay, and every verdict holds', async () => {
    const before = await approvedRun();
    await withRecoveryKey(scene.engine().store);
    await approvedRun();
    const { runs, kept } = await pruneAll();
    expect(runs).toBe(1);
    expect(kept).toEqual([{ run: before, why: 'it began before the recovery key was named' }]);
    expect((await verify(scene, { pins: true })).exit_code).toBe(0);
  });

  test('leave a journal without a recovery key without one: none that is named then could be believed', async () => {
    await approvedRun();
    expect((await pruneAll()).runs).toBe(1);
    const change = { act: 'recovery', public: aRecoveryKey().publicKey } as const;
    await expect(scene.service().prepareKeyChange(change)).rejects.toMatchObject({
      code: 'recovery_late',
    });
  });
});
