import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BlobId, RunId } from '../../src/base/ids.ts';
import { examineRetention } from '../../src/engine/retain/examine-retention.ts';
import { pruneLog } from '../../src/engine/retain/prune-log.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { verifyConsistency, verifyInclusion } from '../../src/journal/proof.ts';
import { blobsOf } from '../../src/run/named-blobs.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { openScene, type Scene } from '../support/scene.ts';

const day = 86_400_000;

const runbook = `name: deploy
params:
  token: { type: string, secret: true }
steps:
  - { id: look, run: "echo 'who is ana'" }
  - { id: restart, privileged: true, exec: [echo, restarted] }
`;

/** Whoever ran something may erase of it at once. */
const atOnce = 'retention: { keep: 0s }';

async function verify(scene: Scene): Promise<VerifyReport> {
  return scene.service().verify({ receipts: [], pins: [], progress: () => undefined });
}

/** A run of two steps, one of them approved, from beginning to end. */
async function runOnce(scene: Scene): Promise<RunId> {
  const { run } = await scene.exec({ token: 's3cret' });
  await scene.decide(scene.people.robin, 'approve');
  const { status } = await scene.resume(run, { token: 's3cret' });
  expect(status).toBe('succeeded');
  return run;
}

async function blobsIn(scene: Scene, run: RunId): Promise<readonly BlobId[]> {
  const entries = await scene.engine().store.loadRun(run);
  return entries.flatMap((entry) => blobsOf(recordedOf(entry).event).map(({ id }) => id));
}

/** A place that was never sent anything. */
const silent = {
  counts: true,
  wants: 'head',
  batch: 100,
  address: 'nowhere',
  head: () => Promise.resolve({ elsewhere: null }),
  deliver: () => Promise.reject(new Error('not here')),
} as const;

const whole = (run: string) =>
  ({ reason: 'ana asked for it', what: { kind: 'run', run, content: [] } }) as const;

describe('erased content', () => {
  test('is gone for good, the log says so, and every verdict still holds', async () => {
    const scene = openScene({ runbook, config: atOnce });
    const run = await runOnce(scene);
    const blobs = await blobsIn(scene, run);
    const report = await scene.service().erase(whole(run));
    expect(report).toMatchObject({ values: 1, recorded: [expect.any(Number)] });
    expect(report.blobs).toBe(new Set(blobs).size);
    const { store } = scene.engine();
    for (const blob of blobs) {
      expect(await store.checkBlob(blob)).toBe('missing');
      await expect(store.getBlob(blob)).rejects.toMatchObject({ code: 'blob_erased' });
    }
    const { verdicts, findings, exit_code } = await verify(scene);
    expect(verdicts.filter(({ ok }) => ok === false)).toEqual([]);
    expect(exit_code).toBe(0);
    expect(findings.map(({ code }) => code)).toEqual(['W_REDACTED', 'W_REDACTED']);
    expect(findings[0]).toMatchObject({ index: report.recorded[0] });
    // The next run of it is held against the last one, of which nothing can be shown any more.
    await runOnce(scene);
  });

  test('is refused while its run has not ended, and the run is named', async () => {
    const scene = openScene({ runbook, config: atOnce });
    const { run } = await scene.exec({ token: 's3cret' });
    await expect(scene.service().erase(whole(run))).rejects.toMatchObject({
      code: 'still_needed',
      message: expect.stringContaining(run) as string,
    });
  });

  test('can be the outputs alone: what was approved is judged as before', async () => {
    const scene = openScene({ runbook, config: atOnce });
    const run = await runOnce(scene);
    const what = { kind: 'run', run, content: ['outputs'] } as const;
    await scene.service().erase({ reason: 'personal data', what });
    const { findings, exit_code } = await verify(scene);
    expect([exit_code, findings.map(({ code }) => code)]).toEqual([0, ['W_REDACTED']]);
    const logs = await scene.service().logs(run, null);
    expect(logs.map(({ erased }) => erased)).toEqual(
      logs.map((): unknown => expect.stringMatching(/^erased on .*: personal data$/)),
    );
    expect(logs.length).toBeGreaterThan(0);
  });

  test('can be one private value, by its name', async () => {
    const scene = openScene({ runbook, config: atOnce });
    const run = await runOnce(scene);
    const [first] = (await scene.engine().store.loadRun(run)).map(recordedOf);
    const made =
      first?.event.type === 'run.started' ? first.event.data.secrets['params.token'] : undefined;
    expect(made).toBeDefined();
    const { store } = scene.engine();
    expect(made && (await store.getOpening(made))).not.toBeNull();
    const what = (name: string) => ({ kind: 'values', run, names: [name] }) as const;
    await scene.service().erase({ reason: 'rotated', what: what('token') });
    expect(made && (await store.getOpening(made))).toBeNull();
    await expect(
      scene.service().erase({ reason: 'rotated', what: what('key') }),
    ).rejects.toMatchObject({
      code: 'value_unknown',
      hint: expect.stringContaining('`params.token`') as string,
    });
    expect((await verify(scene)).exit_code).toBe(0);
  });

  test('can be single blobs, but never one that no entry names or that was in force', async () => {
    const scene = openScene({ runbook, config: atOnce });
    const run = await runOnce(scene);
    const [blob = ''] = await blobsIn(scene, run);
    const erase = (id: string) =>
      scene.service().erase({ reason: 'x', what: { kind: 'blobs', ids: [id] } });
    expect(await erase(blob)).toMatchObject({ blobs: 1, values: 0 });
    expect(await erase(blob)).toEqual({ blobs: 0, values: 0, recorded: [] });
    await expect(erase('0'.repeat(64))).rejects.toMatchObject({ code: 'blob_unknown' });
    const config = await scene.engine().store.latestConfig();
    const [people] = config === null ? [] : blobsOf(recordedOf(config).event);
    await expect(erase(people?.id ?? '')).rejects.toMatchObject({ code: 'still_needed' });
  });

  test('that nobody recorded is missing: `E_BLOB_MISSING`, at the entry that names it', async () => {
    const scene = openScene({ runbook, config: atOnce });
    const run = await runOnce(scene);
    const entries = (await scene.engine().store.loadRun(run)).map(recordedOf);
    const started = entries.find(({ event }) => event.type === 'approval.requested');
    const [blob] = started === undefined ? [] : blobsOf(started.event);
    const id = blob?.id ?? '';
    rmSync(join(scene.state, 'blobs', id.slice(0, 2), id));
    const { findings, exit_code } = await verify(scene);
    expect(exit_code).toBe(14);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'E_BLOB_MISSING', index: started?.seq }),
    );
  });
});

describe('nobody removes what they were refused', () => {
  const later = (scene: Scene) =>
    ({ beforeMs: scene.clock.now().wallMs - 31 * day, reason: 'tidy', dryRun: false }) as const;
  const strangers = [
    ['an agent', { agent: 'deploy-bot' }, 'agent_decides'],
    ['a job', { ci: { identity: 'github/acme/infra' } }, 'agent_decides'],
    ['an account that is nobody’s', { osUser: 'deploy@web1' }, 'initiator_unknown'],
    [
      'whoever claims to be somebody',
      { osUser: 'deploy@web1', onBehalfOf: 'ana' },
      'initiator_unknown',
    ],
  ] as const;

  test.each(strangers)('as %s', async (_who, caller, code) => {
    const scene = openScene({ runbook });
    const run = await runOnce(scene);
    scene.clock.shift(40 * day);
    const { size } = await scene.engine().store.head();
    const door = scene.service(undefined, caller);
    await expect(door.prune(later(scene))).rejects.toMatchObject({ code });
    await expect(door.erase(whole(run))).rejects.toMatchObject({ code });
    expect((await scene.engine().store.head()).size).toBe(size);
  });

  test('before others had time to look: neither who ran it nor who decided', async () => {
    const scene = openScene({
      runbook,
      morePeople: '  - { name: lee, os_users: [lee@web1] }',
    });
    const robin = { osUser: 'robin@web1' };
    scene.trusted.people = scene.trusted.people.replace(
      'name: robin,',
      'name: robin, os_users: [robin@web1],',
    );
    const run = await runOnce(scene);
    scene.clock.shift(29 * day);
    for (const caller of [{}, robin]) {
      await expect(scene.service(undefined, caller).erase(whole(run))).rejects.toMatchObject({
        code: 'own_run',
      });
    }
    await scene.service(undefined, { osUser: 'lee@web1' }).erase(whole(run));
    const [event] = (await scene.engine().store.entries(0, 1000)).map(recordedOf).slice(-1);
    expect(event).toMatchObject({ event: { data: { by: 'os:lee@web1', person: 'lee' } } });
  });

  test('and `doctor` says how long runs stay, and that it is too short', async () => {
    const scene = openScene({ runbook });
    await runOnce(scene);
    const told = async () =>
      (await examineRetention(scene.engine(), scene.engine().trusted())).map(({ ok }) => ok);
    expect(await told()).toEqual([true]);
    scene.trusted.config = atOnce;
    expect(await told()).toEqual([false]);
  });

  test('by a time that is too recent, unless trusted configuration allows it', async () => {
    const scene = openScene({ runbook });
    const run = await runOnce(scene);
    scene.clock.shift(20 * day);
    const input = { ...later(scene), beforeMs: scene.clock.now().wallMs - day };
    for (const dryRun of [true, false]) {
      await expect(scene.service().prune({ ...input, dryRun })).rejects.toMatchObject({
        code: 'too_young',
      });
    }
    scene.trusted.config = 'retention: { keep: 7d }';
    await expect(scene.service().prune(input)).rejects.toMatchObject({ code: 'too_young' });
    const { recorded } = await scene
      .service()
      .prune({ ...input, beforeMs: input.beforeMs - 6 * day });
    const [seq = 0] = recorded;
    const [entry] = (await scene.engine().store.entries(seq, seq + 1)).map(recordedOf);
    expect(entry?.event).toMatchObject({
      data: { runs: [{ run, status: 'succeeded' }], person: 'ana' },
    });
    expect((await verify(scene)).exit_code).toBe(0);
  });
});

describe('a pruned run', () => {
  const prune = (scene: Scene, dryRun = false) =>
    scene.service().prune({
      beforeMs: scene.clock.now().wallMs - 300 * day,
      reason: 'retention',
      dryRun,
    });

  async function oldAndNew(): Promise<{ scene: Scene; old: RunId; recent: RunId }> {
    const scene = openScene({ runbook });
    const old = await runOnce(scene);
    scene.clock.shift(400 * day);
    const recent = await runOnce(scene);
    return { scene, old, recent };
  }

  test('leaves hashes behind: the journal verifies, and says what is not there', async () => {
    const { scene, old, recent } = await oldAndNew();
    const { store } = scene.engine();
    const before = await store.loadRun(old);
    const blobs = await blobsIn(scene, old);
    const report = await prune(scene);
    expect(report).toMatchObject({ runs: 1, entries: before.length, kept: [] });
    const last = before.at(-1)?.seq ?? 0;
    expect((await store.entries(0, last + 1)).map(({ seq }) => seq)).not.toContain(last);
    expect((await store.pruned(0, last + 1)).map(({ hash }) => hash)).toEqual(
      before.map((entry) => recordedOf(entry).hash),
    );
    for (const blob of blobs) {
      expect(await store.checkBlob(blob)).toBe('missing');
    }
    const { verdicts, findings, exit_code } = await verify(scene);
    expect(verdicts.filter(({ ok }) => ok === false)).toEqual([]);
    expect(findings).toEqual([
      expect.objectContaining({ code: 'W_REDACTED', index: report.recorded[0] }),
    ]);
    expect(exit_code).toBe(0);
    expect((await scene.service().runs(10)).map(({ run }) => run)).toEqual([recent]);
    await expect(scene.service().status(old)).rejects.toMatchObject({ code: 'run_pruned' });
  });

  test('breaks no proof that was made before: inclusion, consistency, and signed heads', async () => {
    const { scene, old } = await oldAndNew();
    const { store } = scene.engine();
    const entries = (await store.loadRun(old)).map(recordedOf);
    const head = await store.head();
    const heads = await Promise.all(
      Array.from({ length: head.size + 1 }, (_, size) => store.headAt(size)),
    );
    const proofs = await Promise.all(
      entries.map(({ seq }) => store.inclusionProof(seq, head.size)),
    );
    await prune(scene);
    for (const [at, { seq, hash }] of entries.entries()) {
      const { size, root } = head;
      const claim = {
        seq,
        size,
        root,
        leafHash: Buffer.from(hash, 'hex'),
        proof: proofs[at] ?? [],
      };
      expect(() => verifyInclusion(claim)).not.toThrow();
      expect(await store.inclusionProof(seq, head.size)).toEqual(proofs[at]);
    }
    const newest = await store.head();
    for (const older of heads.flatMap((each) => each ?? [])) {
      expect((await store.headAt(older.size))?.note).toBe(older.note);
      const proof = await store.consistencyProof(older.size, newest.size);
      const sizes = { from: older.size, to: newest.size };
      const claim = { ...sizes, fromRoot: older.root, toRoot: newest.root, proof };
      expect(() => verifyConsistency(claim)).not.toThrow();
    }
  });

  test('lets later runs go on, in this process and in the next', async () => {
    const { scene } = await oldAndNew();
    await prune(scene);
    await runOnce(scene);
    await scene.restart();
    await runOnce(scene);
    await scene.service().rebuild(() => undefined);
    await runOnce(scene);
    expect((await verify(scene)).exit_code).toBe(0);
  });

  test('is only told of where it is a dry run', async () => {
    const { scene, old } = await oldAndNew();
    const { size } = await scene.engine().store.head();
    expect(await prune(scene, true)).toMatchObject({ dry_run: true, runs: 1, recorded: [] });
    expect((await scene.engine().store.head()).size).toBe(size);
    expect((await scene.service().status(old)).status).toBe('succeeded');
  });

  test('is not one of which a copy lacks entries: the copy is named', async () => {
    const { scene, old } = await oldAndNew();
    const engine = scene.engine();
    const copy = { ...silent, name: 'bucket', kind: 's3' } as const;
    const input = { beforeMs: engine.clock.now().wallMs - 300 * day, reason: 'x', dryRun: false };
    expect(await pruneLog({ ...engine, sinks: [copy] }, input)).toMatchObject({
      runs: 0,
      kept: [{ run: old, why: 'sink `bucket` has 0 entries, and not yet all of this run' }],
    });
    const witness = { ...silent, name: 'w1', kind: 'witness' } as const;
    expect(await pruneLog({ ...engine, sinks: [witness] }, input)).toMatchObject({ runs: 1 });
  });

  test('is not one that has not ended, and it is named', async () => {
    const scene = openScene({ runbook });
    const { run } = await scene.exec({ token: 's3cret' });
    scene.clock.shift(400 * day);
    expect(await prune(scene)).toMatchObject({
      runs: 0,
      kept: [{ run, why: 'it has not ended' }],
      recorded: [],
    });
  });

  test('keeps everything that is of no run', async () => {
    const { scene } = await oldAndNew();
    const of = async () =>
      (await scene.engine().store.entries(0, 1000))
        .map(recordedOf)
        .filter(({ run }) => run === null)
        .map(({ event }) => event.type);
    const before = await of();
    await prune(scene);
    expect(await of()).toEqual([...before, 'log.pruned']);
  });

  test('a receipt of whose decision it held warns, and accuses nobody', async () => {
    const { scene } = await oldAndNew();
    await prune(scene);
    const { findings, exit_code } = await scene.service().verify({
      receipts: [],
      pins: scene.people.robin.approver.pins(),
      progress: () => undefined,
    });
    expect(exit_code).toBe(0);
    expect(findings.every(({ code }) => code.startsWith('W_'))).toBe(true);
  });
});
