import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JournalError } from '../../src/base/errors.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { effects, nightPolicy, openNight, startNight } from '../support/break-glass.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { lendShards, openShards, ranIn, shardsPolicy, startShard } from '../support/shards.ts';
import { aFarSide, down, type FarSide, hanging } from './replicate-far-side.ts';

const gated = `
name: gated
steps:
  - id: look
    run: echo looked >> looked.txt
  - id: restart
    privileged: true
    run: echo ran >> ran.txt
`;
const demand = 'floor: { remote: { required: 1, within: 1s } }';
const config = 'sinks: { vault: { kind: mirror }, other: { kind: s3 }, log: { kind: file } }';

interface Gate {
  readonly scene: Scene;
  readonly far: FarSide;
  /** Starts, and has robin approve: what is left is the claim. */
  readonly approve: () => Promise<string>;
}

function aGate(policy: string, more: { sinks?: readonly Sink[]; runbook?: string } = {}): Gate {
  const far = aFarSide();
  const scene = openScene({
    runbook: more.runbook ?? gated,
    policy,
    config,
    sinks: [far.sink, ...(more.sinks ?? [])],
  });
  return {
    scene,
    far,
    approve: async () => {
      const { run } = await scene.exec();
      await scene.decide(scene.people.robin, 'approve');
      return run;
    },
  };
}

function timesRun({ dir }: Scene, file = 'ran.txt'): number {
  const path = join(dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').length : 0;
}

const containing = (text: string): unknown => expect.stringContaining(text);
const typesIn = (scene: Scene): readonly string[] => scene.entries.map(({ event }) => event.type);

async function findingsOf(scene: Scene): Promise<readonly string[]> {
  const report = await scene
    .service()
    .verify({ receipts: [], pins: [], progress: () => undefined });
  return report.findings.map(({ code, message }) => `${code} ${message}`);
}

function restart({ steps }: RunReport) {
  return steps.find(({ id }) => id === 'restart');
}

describe('where policy demands copies elsewhere, a privileged step', () => {
  test('runs once they have its start, and names them with their evidence', async () => {
    const { scene, far, approve } = aGate(demand);
    const run = await approve();
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(timesRun(scene)).toBe(1);
    const ended = scene.entries.find(
      ({ event }) => event.type === 'step.finished' && event.data.step === 'restart',
    );
    const started = scene.entries.find(
      ({ event }) => event.type === 'step.started' && event.data.step === 'restart',
    );
    const { size } = far.deliveries.find(({ size }) => size > (started?.seq ?? 0)) ?? {};
    expect(ended?.event.data).toMatchObject({
      remote: [{ sink: 'vault', kind: 'copy', size, evidence: `kept ${size}` }],
    });
    expect(await findingsOf(scene)).toEqual([]);
  });

  test('is not started, uses nothing up and can be resumed while they are missing', async () => {
    const { scene, far, approve } = aGate(demand);
    const run = await approve();
    far.before = down;
    await expect(scene.resume(run)).rejects.toMatchObject({
      code: 'remote_missing',
      exitCode: 18,
      message: containing(
        'policy demands 1 copy elsewhere within 1s, and 0 acknowledged: sink `vault` failed: connection refused',
      ),
    });
    expect(typesIn(scene).filter((type) => type === 'step.started')).toHaveLength(1);
    expect(timesRun(scene)).toBe(0);
    far.before = () => null;
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findingsOf(scene)).toEqual([]);
  });

  test('that waits for a sink which says what helps is told that, and nothing else', async () => {
    const { scene, far, approve } = aGate(demand);
    const run = await approve();
    far.before = () => {
      const message = 'sink `vault`: it answered 403';
      throw new JournalError({ code: 'sink_refused', message, hint: 'tell it the new key' });
    };
    await expect(scene.resume(run)).rejects.toMatchObject({
      code: 'remote_missing',
      hint: '`vault`: tell it the new key; then `runbook resume`',
    });
  });

  test('that is recorded here and nowhere else does not run', async () => {
    const { scene, far, approve } = aGate(demand);
    const run = await approve();
    far.before = ({ head }) => {
      const last = scene.entries.at(-1);
      const isStart = last?.event.type === 'step.started' && last.event.data.step === 'restart';
      return isStart && head.size > last.seq ? down() : null;
    };
    const report = await scene.resume(run);
    expect(report).toMatchObject({ status: 'failed', exit_code: 1 });
    expect(restart(report)).toMatchObject({ status: 'failed' });
    expect(timesRun(scene)).toBe(0);
    const ended = scene.entries.find(
      ({ event }) => event.type === 'step.finished' && event.data.step === 'restart',
    );
    expect(ended?.event.data).toMatchObject({
      failure: 'start',
      reason: containing('policy demands 1 copy elsewhere'),
    });
    expect(await findingsOf(scene)).toEqual([]);
  });

  test('is not started where no sink counts for it', async () => {
    const file = aFarSide({ name: 'log', kind: 'file', counts: false });
    const scene = openScene({ runbook: gated, policy: demand, config, sinks: [file.sink] });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await expect(scene.resume(run)).rejects.toMatchObject({
      code: 'remote_missing',
      message: containing('no sink of `config.yaml` counts'),
    });
  });

  test('goes on with those that have it while another one hangs', async () => {
    const other = aFarSide({ name: 'other', kind: 's3' });
    const { scene, approve } = aGate('floor: { remote: { required: 1, within: 30s } }', {
      sinks: [other.sink],
    });
    const run = await approve();
    other.before = hanging;
    other.head = hanging;
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findingsOf(scene)).toEqual([]);
  }, 20_000);

  test('of a rule needs as many as the strictest says', async () => {
    const other = aFarSide({ name: 'other', kind: 's3' });
    const policy = `${demand}\nrules: [{ name: two, when: 'step.id == "restart"', require: { remote: { required: 2, within: 1s } } }]`;
    const { scene, approve } = aGate(policy, { sinks: [other.sink] });
    const run = await approve();
    other.before = down;
    await expect(scene.resume(run)).rejects.toMatchObject({
      message: containing('and 1 acknowledged: `vault` has it; sink `other`'),
    });
    other.before = () => null;
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findingsOf(scene)).toEqual([]);
  });
});

describe('no relief spares a start its copies:', () => {
  test('breaking the glass', async () => {
    const far = aFarSide();
    const scene = openNight({ policy: `${demand}${nightPolicy}`, config, sinks: [far.sink] });
    const run = await startNight(scene);
    await scene.service().drive(run, driving(scene));
    await scene.decide(scene.people.ana, 'approve');
    far.before = down;
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'remote_missing' });
    expect(effects(scene)).toBe(0);
    far.before = () => null;
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await findingsOf(scene)).toEqual([]);
  });

  test('an approval of an earlier run', async () => {
    const far = aFarSide();
    const scene = openShards({ policy: `${demand}\n${shardsPolicy}`, config, sinks: [far.sink] });
    expect((await lendShards(scene)).status).toBe('succeeded');
    far.before = down;
    await expect(startShard(scene, { shard: 2 })).rejects.toMatchObject({ code: 'remote_missing' });
    expect(ranIn(scene)).toBe('1\n');
    far.before = () => null;
    expect((await startShard(scene, { shard: 3 })).status).toBe('succeeded');
    expect(await findingsOf(scene)).toEqual([]);
  });
});

describe('without a demand', () => {
  test.each([
    ['is down', down],
    ['hangs', hanging],
  ])(
    'a privileged step runs although a sink %s',
    async (_what, before) => {
      const { scene, far, approve } = aGate('');
      const run = await approve();
      far.before = before;
      far.head = before;
      expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
      expect(timesRun(scene)).toBe(1);
    },
    20_000,
  );

  test('an unprivileged step is started without a word to any sink', async () => {
    const { scene, far } = aGate('', {
      runbook: 'name: plain\nsteps:\n  - id: look\n    run: echo looked >> looked.txt\n',
    });
    let seen = -1;
    far.before = () => {
      seen = Math.max(seen, timesRun(scene, 'looked.txt'));
      return null;
    };
    expect(await scene.exec()).toMatchObject({ status: 'succeeded' });
    expect(seen).not.toBe(0);
  });
});

describe('a copy whose history is another', () => {
  const another = async () => ({ size: 1000, root: Buffer.alloc(32, 7) });

  test('blocks privileged steps, and no others', async () => {
    const { scene, far, approve } = aGate('');
    const run = await approve();
    far.head = another;
    far.before = async () => ({ elsewhere: await another() });
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_ROLLBACK', exitCode: 14 });
    expect(timesRun(scene)).toBe(0);
    expect(await scene.exec()).toMatchObject({ status: 'waiting' });
    expect(timesRun(scene, 'looked.txt')).toBe(2);
  });

  test('blocks them although enough others have the journal', async () => {
    const other = aFarSide({ name: 'other', kind: 's3' });
    const { scene, approve } = aGate(demand, { sinks: [other.sink] });
    const run = await approve();
    other.head = another;
    other.before = async () => ({ elsewhere: await another() });
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_ROLLBACK' });
  });

  test('also when it does not count', async () => {
    const log = aFarSide({ name: 'log', kind: 'file', counts: false });
    const { scene, approve } = aGate(demand, { sinks: [log.sink] });
    const run = await approve();
    log.head = another;
    log.before = async () => ({ elsewhere: await another() });
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_ROLLBACK' });
  });

  test('goes on blocking them once it is cut off', async () => {
    const { scene, far, approve } = aGate('');
    const run = await approve();
    far.before = async () => ({ elsewhere: await another() });
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_ROLLBACK' });
    far.before = down;
    far.head = down;
    await expect(scene.resume(run)).rejects.toMatchObject({ code: 'E_ROLLBACK' });
    far.before = () => null;
    far.head = async () => far.stands();
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
  });

  test('is asked before every privileged start, also where it had everything', async () => {
    const { scene, far, approve } = aGate('');
    const run = await approve();
    let asked = 0;
    far.head = async () => {
      asked += 1;
      return far.stands();
    };
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(asked + far.deliveries.length).toBeGreaterThan(0);
  });
});
