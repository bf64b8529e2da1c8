import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { composeBundle } from '../../../src/audit/bundle/compose-bundle.ts';
import { parseBundle } from '../../../src/audit/bundle/parse-bundle.ts';
import { readTar, writeTar } from '../../../src/audit/bundle/tar.ts';
import { collectEvidence } from '../../../src/engine/evidence/collect-evidence.ts';
import type { ExportInput } from '../../../src/engine/evidence/export-evidence.ts';
import { formatCheckpoint } from '../../../src/journal/checkpoint.ts';
import { signCosignature } from '../../../src/journal/cosignature.ts';
import { formatVerifierKey } from '../../../src/journal/verifier-key.ts';
import { recordedOf } from '../../../src/run/recorded.ts';
import { openApproverMemory } from '../../../src/signers/approver-memory.ts';
import { crashingStore } from '../../support/crashing-store.ts';
import { exporting, verifying, wholeRun } from '../../support/evidence.ts';
import { openScene, type Scene } from '../../support/scene.ts';
import { aSigner } from '../../support/signer.ts';

const runbook = `name: restart
params:
  token: { type: string, secret: true }
env:
  TOKEN: \${{ params.token }}
steps:
  - { id: look, run: echo fine }
  - { id: restart, privileged: true, run: 'echo restarted' }
`;

async function openRun(): Promise<Scene & { readonly run: string }> {
  const scene = openScene({ runbook });
  const { run } = await scene.exec({ token: 's3cr3t-value' });
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run, { token: 's3cr3t-value' });
  return { ...scene, run };
}

const namesOf = (bundle: Buffer): readonly string[] => [...readTar(bundle).keys()];

const codes = async (bundle: Buffer, input = {}): Promise<readonly string[]> =>
  (await verifying(bundle, input)).findings.map(({ code }) => code);

function collecting(scene: Scene, input: Partial<ExportInput> = {}): Promise<Buffer> {
  return collectEvidence(scene.engine(), { ...wholeRun, ...input }).then((evidence) =>
    writeTar(composeBundle(evidence)),
  );
}

describe('a bundle', () => {
  test('of the same head is the same bytes', async () => {
    const scene = await openRun();
    const [one, other] = [await collecting(scene), await collecting(scene)];
    expect(one.equals(other)).toBe(true);
    await scene.restart();
    expect((await collecting(scene)).equals(one)).toBe(true);
  });

  test('of the same head is the same bytes twice in a row, though the first is recorded', async () => {
    const scene = await openRun();
    const { store } = scene.engine();
    const { size, root } = await store.head();
    const signer = aSigner('w.example/w1', 2);
    const body = formatCheckpoint({ origin: store.origin, size, root });
    const evidence = signCosignature(body, signer, 1_800_000_000);
    const at = '2026-01-01T00:00:00.000Z';
    const anchor = { by: 'w1', kind: 'cosignature', size, evidence, at } as const;
    await store.putAnchor({ ...anchor, root: root.toString('base64') });
    const [one, other] = [await exporting(scene), await exporting(scene)];
    expect(one.size).toBe(size);
    expect(other.bundle.equals(one.bundle)).toBe(true);
  });

  test('is staged before it is recorded, gets its name after it, and is discarded where it is not', async () => {
    const scene = await openRun();
    const { store } = scene.engine();
    const { size } = await store.head();
    const told: string[] = [];
    const stage = () => ({
      place: () => told.push('placed'),
      discard: () => told.push('discarded'),
    });
    const full = crashingStore(store, { commit: 1, when: 'before' });
    const engine = { ...scene.engine(), store: full };
    await expect(exporting(scene, { stage }, engine)).rejects.toThrow('before commit 1');
    const unwritable = () => {
      throw new Error('no such folder');
    };
    await expect(exporting(scene, { stage: unwritable })).rejects.toThrow('no such folder');
    expect(told).toEqual(['discarded']);
    expect((await store.head()).size).toBe(size);
    await exporting(scene, { stage });
    expect(told).toEqual(['discarded', 'placed']);
  });

  test('is made again from what is read in it', async () => {
    const scene = await openRun();
    const { bundle } = await exporting(scene);
    const files = readTar(bundle);
    const again = composeBundle(parseBundle(files));
    const differ = [...files].filter(([name, bytes]) => again.get(name)?.equals(bytes) !== true);
    expect(differ.map(([name]) => name)).toEqual(['MANIFEST', 'withheld.csv']);
  });

  test('is recorded under its own digest', async () => {
    const scene = await openRun();
    const { bundle, digest, size } = await exporting(scene);
    const [entry] = await scene.engine().store.entries(size, size + 1);
    expect(entry && recordedOf(entry).event).toMatchObject({
      type: 'evidence.exported',
      data: { digest, run: scene.run, to: size },
    });
    expect(createHash('sha256').update(bundle).digest('hex')).toBe(digest);
  });

  test('gives away what was asked for and lists the rest', async () => {
    const scene = await openRun();
    const withheld = async (...disclosed: ExportInput['disclosed']) => {
      const { bundle } = await exporting(scene, { disclosed });
      const table = String(readTar(bundle).get('withheld.csv')).split('\n').slice(1, -1);
      expect(await codes(bundle)).toEqual([]);
      return new Set(table.map((line) => line.split(',')[1]));
    };
    expect(await withheld('plans')).toEqual(new Set(['opening params.token', 'stdout']));
    expect(await withheld('plans', 'outputs', 'openings')).toEqual(new Set());
    expect(await withheld()).toEqual(
      new Set(['command', 'opening params.token', 'plan', 'stdout']),
    );
  });

  test('without plans leaves authorization open, and says so', async () => {
    const { bundle } = await exporting(await openRun(), { disclosed: [] });
    const { verdicts, exit_code } = await verifying(bundle);
    expect(verdicts.find(({ name }) => name === 'authorization')).toMatchObject({ ok: null });
    expect(exit_code).toBe(0);
  });

  test('never holds a secret', async () => {
    const { bundle } = await exporting(await openRun(), {
      disclosed: ['plans', 'outputs', 'openings'],
    });
    expect(bundle.includes('s3cr3t-value')).toBe(false);
  });

  test('of a run says that it cannot show that the run has no other entries', async () => {
    const { bundle } = await exporting(await openRun());
    const { verdicts } = await verifying(bundle);
    expect(verdicts.find(({ name }) => name === 'completeness')?.anchor).toMatch(
      /self-consistent only.*; entries of run \w+; that it has no others, only the whole journal/,
    );
  });

  test('shows content that was erased as erased', async () => {
    const scene = await openRun();
    scene.clock.shift(31 * 86_400_000);
    await scene.service().erase({
      what: { kind: 'run', run: scene.run, content: ['outputs'] },
      reason: 'asked for',
    });
    const { bundle } = await exporting(scene, { disclosed: ['plans', 'outputs'] });
    expect(String(readTar(bundle).get('withheld.csv'))).toMatch(/stdout,\w+,erased/);
    expect(await codes(bundle)).toEqual(['W_REDACTED']);
    expect(await verifying(bundle)).toMatchObject({ exit_code: 0 });
  });
});

describe('a range', () => {
  test('holds every entry of it, and the whole of each run that it touches', async () => {
    const scene = await openRun();
    const { scope, bundle } = await exporting(scene, { range: { from: '3', to: '5' } });
    expect(scope).toEqual({ kind: 'range', from: 3, to: 5 });
    expect(namesOf(bundle)).toEqual(expect.arrayContaining(['entries/2.json', 'entries/10.json']));
    expect(await codes(bundle)).toEqual([]);
  });

  test('may be named by times', async () => {
    const scene = await openRun();
    const { scope, size } = await exporting(scene, { range: { from: '2001-01-01', to: null } });
    expect(scope).toEqual({ kind: 'range', from: 0, to: size });
  });

  test('with an entry missing is refused by its number', async () => {
    const scene = await openRun();
    const evidence = await collectEvidence(scene.engine(), {
      ...wholeRun,
      range: { from: '2', to: '6' },
    });
    const entries = evidence.entries.filter(({ seq }) => seq !== 4);
    const report = await verifying(writeTar(composeBundle({ ...evidence, entries })));
    expect(report.findings).toContainEqual({
      code: 'E_SEQ',
      index: 4,
      message: 'entry 4 of the range is missing',
    });
    expect(report.exit_code).toBe(14);
  });

  test('counts entries that were pruned by the hashes that are left of them', async () => {
    const scene = await openRun();
    const dayMs = 24 * 60 * 60 * 1000;
    scene.clock.shift(400 * dayMs);
    const beforeMs = scene.clock.now().wallMs - 100 * dayMs;
    await scene.service().prune({ beforeMs, reason: 'a year is over', dryRun: false });
    const { bundle } = await exporting(scene, { range: { from: '0', to: null } });
    expect(namesOf(bundle)).toContain('entries/4.pruned');
    const report = await verifying(bundle, { nowMs: scene.clock.now().wallMs });
    expect([...new Set(report.findings.map(({ code }) => code))]).toEqual(['W_REDACTED']);
    expect(report.exit_code).toBe(0);
  });

  test('that is none is refused', async () => {
    const scene = await openRun();
    for (const range of [
      { from: '5', to: '5' },
      { from: '5', to: '500' },
      { from: 'yesterday', to: null },
      { from: '2100-01-01', to: null },
    ]) {
      await expect(exporting(scene, { range })).rejects.toMatchObject({ code: 'range_invalid' });
    }
  });
});

describe('what an auditor brings along', () => {
  test('a checkpoint of an earlier audit is held against the bundle that was made for it', async () => {
    const scene = await openRun();
    const before = (await scene.engine().store.headUpTo(4))?.note ?? '';
    const { bundle } = await exporting(scene, {
      since: { file: 'last.checkpoint', text: before },
    });
    const { verdicts } = await verifying(bundle, {
      checkpoints: [{ file: 'last.checkpoint', text: before }],
    });
    expect(verdicts.find(({ name }) => name === 'completeness')?.anchor).toMatch(/last.checkpoint/);
  });

  test('a checkpoint of another log is refused before anything is exported', async () => {
    const [scene, other] = [await openRun(), await openRun()];
    const { note } = await other.engine().store.head();
    const since = { file: 'other.checkpoint', text: note };
    await expect(exporting(scene, { since })).rejects.toMatchObject({
      code: 'E_STH_SIG',
      message: expect.stringContaining('`other.checkpoint`') as string,
    });
  });

  test("an approver's receipt anchors the run that it is about, and says nothing of another", async () => {
    const scene = await openRun();
    const memory = openApproverMemory(join(scene.dir, '.memory-robin'), scene.state);
    const [receipt] = memory.receipts();
    const receipts = [{ file: 'robin.json', text: JSON.stringify(receipt) }];
    const own = await verifying((await exporting(scene)).bundle, { receipts });
    expect(own.verdicts.find(({ name }) => name === 'completeness')?.anchor).toMatch(/robin.json/);
    const later = await scene.exec({ token: 'other' });
    const { bundle } = await exporting(scene, { run: later.run });
    const foreign = await verifying(bundle, { receipts });
    expect(foreign.verdicts.find(({ name }) => name === 'completeness')?.anchor).toMatch(
      /not held against it, for want of a proof: robin.json/,
    );
    expect(foreign.findings).toEqual([]);
  });

  test('another key than the one that signed is refused', async () => {
    const { bundle } = await exporting(await openRun());
    const key = formatVerifierKey(parseBundle(readTar(bundle)).origin, Buffer.alloc(32, 9));
    expect(await codes(bundle, { keys: [key] })).toContain('E_KEY_UNKNOWN');
  });
});
