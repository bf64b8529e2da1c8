import { beforeEach, describe, expect, test } from 'vitest';
import { beginAudit } from '../../src/audit/audit.ts';
import type { Bounds } from '../../src/audit/bounds.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { journalSigner } from '../support/dishonest.ts';
import { commitKeys, rotationEvent, withRecoveryKey } from '../support/keys.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { gated, receiptsOf, verify } from './court.ts';

let scene: Scene;
let recovery: ApproverSigner;

beforeEach(async () => {
  scene = openScene({ runbook: gated });
  recovery = await withRecoveryKey(scene.engine().store);
});

const hourMs = 3_600_000;
const nowIso = (): string => new Date(scene.clock.now().wallMs).toISOString();

async function honestRun(): Promise<void> {
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect((await scene.resume(run)).status).toBe('succeeded');
}

/** Rotates because others had the key since then; answers the index of the entry. */
async function compromised(since: string): Promise<number> {
  const { store } = scene.engine();
  const over = { reason: 'compromised', compromised_since: since } as const;
  return (await commitKeys(store, await rotationEvent(store, recovery, { over }))).first;
}

async function starts(): Promise<readonly number[]> {
  const lines = await scene.service().auditLog({ run: null, limit: 1000 });
  return lines.filter(({ type }) => type === 'step.started').map(({ index }) => index);
}

describe('a journal that was rotated', () => {
  test('verifies from its first entry to its last, over all its keys', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await honestRun();
      const { store } = scene.engine();
      await commitKeys(store, await rotationEvent(store, recovery));
    }
    await honestRun();
    const report = await verify(scene, { receipts: receiptsOf(scene, 'robin'), pins: true });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    const { id } = newestKey(await scene.engine().store.keys());
    expect(report.verdicts[0]?.anchor).toContain(`signed by key ${id}`);
  });

  test('is not one that is known by a key which never was its', async () => {
    const { store } = scene.engine();
    const { publicKey } = journalSigner(store.origin);
    const trust = { origin: store.origin, publicKey, receipts: [], pins: [] };
    const audit = beginAudit(trust);
    for (const entry of await store.entries(0, 3)) {
      audit.add({ ...entry, blobs: new Map() });
    }
    audit.verdicts();
    expect(audit.findings().map(({ code }) => code)).toContain('E_KEY_UNKNOWN');
  });
});

describe('a copy that shows only its newest head', () => {
  /** As a mirror has it: every entry, and one head. */
  async function audited(publicKey: Buffer, sizes: readonly number[] = [], bounds: Bounds = {}) {
    const { store } = scene.engine();
    const { size } = await store.head();
    const audit = beginAudit({ origin: store.origin, publicKey, receipts: [], pins: [] }, bounds);
    for (const entry of await store.entries(0, size)) {
      audit.read(entry);
    }
    for (const at of [...sizes, size]) {
      audit.addHead({ size: at, note: (await store.headAt(at))?.note ?? '' });
    }
    audit.verdicts();
    return audit.findings().map(({ code }) => code);
  }

  test('is believed under its newest key, and under an older one only with a head of that over the recovery key', async () => {
    const { store } = scene.engine();
    const [{ publicKey: old }] = (await store.keys()).keys;
    const { first } = await commitKeys(store, await rotationEvent(store, recovery));
    const { publicKey } = newestKey(await store.keys());
    expect(await audited(publicKey)).toEqual([]);
    // Anybody can make up a log that begins with this key, and name a recovery key of their own in it.
    expect(await audited(old)).toEqual(['E_KEY_UNKNOWN']);
    expect(await audited(old, [1])).toEqual(['E_KEY_UNKNOWN']);
    expect(await audited(old, [first])).toEqual([]);
  });

  test('is followed from its own first key where nobody gave one', async () => {
    const { store } = scene.engine();
    const [{ publicKey: old }] = (await store.keys()).keys;
    await commitKeys(store, await rotationEvent(store, recovery));
    const bounds = { keyFrom: 'taken from the copy itself' };
    expect(await audited(old, [], bounds)).toEqual([]);
  });
});

describe('what a compromised key signed', () => {
  test('stands up to the newest head from outside before then; what ran later is unproven, with its range', async () => {
    await honestRun();
    const receipts = receiptsOf(scene, 'robin');
    const covered = Math.max(
      ...receipts.map(({ text }) => {
        const { recorded } = JSON.parse(text) as { recorded: { checkpoint: string } };
        return Number(recorded.checkpoint.split('\n')[1]);
      }),
    );
    scene.clock.shift(hourMs);
    const since = nowIso();
    scene.clock.shift(hourMs);
    await honestRun();
    const end = await compromised(since);
    await honestRun();

    const report = await verify(scene, { receipts });
    expect(report.exit_code).toBe(14);
    const unproven = report.findings.filter(({ code }) => code === 'E_UNPROVEN');
    const inRange = (await starts()).filter((index) => index >= covered && index < end);
    expect(inRange.length).toBeGreaterThan(0);
    expect(new Set(unproven.map(({ index }) => index))).toEqual(new Set(inRange));
    const ranges = report.findings.filter(({ code }) => code === 'W_UNPROVEN');
    expect(ranges).toMatchObject([{ index: covered }]);
    expect(ranges[0]?.message).toContain(`entries ${covered} to ${end - 1}`);
    expect(report.findings).toHaveLength(inRange.length + 1);
  });

  test('is unproven altogether where nobody outside had a head', async () => {
    await honestRun();
    await compromised('2020-01-01T00:00:00.000Z');
    const { findings } = await verify(scene);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'W_UNPROVEN', index: 0 }));
    expect(findings.filter(({ code }) => code === 'E_UNPROVEN')).toHaveLength(1);
  });

  test('is not saved by heads from after then', async () => {
    await honestRun();
    await compromised('2020-01-01T00:00:00.000Z');
    const receipts = receiptsOf(scene, 'robin');
    const { findings } = await verify(scene, { receipts, pins: true });
    expect(findings.map(({ code }) => code)).toContain('E_UNPROVEN');
  });

  test('stands where nothing privileged ran in between: that is said, and is no failure', async () => {
    await compromised('2020-01-01T00:00:00.000Z');
    await honestRun();
    const report = await verify(scene);
    expect(report.findings.map(({ code }) => code)).toEqual(['W_UNPROVEN']);
    expect(report.exit_code).toBe(0);
  });

  test('is proven like everything else where the key was only rotated or lost', async () => {
    await honestRun();
    const { store } = scene.engine();
    await commitKeys(store, await rotationEvent(store, recovery, { over: { reason: 'lost' } }));
    expect((await verify(scene)).findings).toEqual([]);
  });
});
