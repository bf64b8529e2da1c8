import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { putCursor, start } from '../../src/engine/replicate/cursor.ts';
import { syncAll } from '../../src/engine/replicate/sync-all.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import { formatCheckpoint } from '../../src/journal/checkpoint.ts';
import { signCosignature } from '../../src/journal/cosignature.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import type { Store } from '../../src/store/store.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { aSigner } from '../support/signer.ts';
import { aFarSide, down, type FarSide, hanging } from './replicate-far-side.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo ran >> ran.txt
`;

interface Gate {
  readonly scene: Scene;
  readonly resume: (signal?: AbortSignal) => Promise<RunReport>;
}

/** A run that is approved, and whose start these sinks must have; what is left is the claim. */
async function approved(
  sinks: readonly Sink[],
  { config, required = 1, within = '1s' }: { config: string; required?: number; within?: string },
): Promise<Gate> {
  const policy = `floor: { remote: { required: ${required}, within: ${within} } }`;
  const scene = openScene({ runbook: gated, policy, config, sinks });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  return {
    scene,
    resume: async (signal = new AbortController().signal) => {
      const door = scene.service();
      return door.drive(await door.resume({ run, given: {} }), { ...driving(scene), signal });
    },
  };
}

const aVault = { config: 'sinks: { vault: { kind: mirror } }' };
const containing = (text: string): unknown => expect.stringContaining(text);
const hasRun = ({ dir }: Scene): boolean => existsSync(join(dir, 'ran.txt'));
const typesIn = ({ entries }: Scene): readonly string[] => entries.map(({ event }) => event.type);

async function audited(scene: Scene) {
  const { findings, verdicts } = await scene
    .service()
    .verify({ receipts: [], pins: [], progress: () => undefined });
  const anchor = verdicts.find(({ name }) => name === 'authorization')?.anchor ?? '';
  return { codes: findings.map(({ code }) => code), anchor };
}

/** What somebody who can write to our disk would have us believe of a sink. */
async function claimAll(scene: Scene, store: Store): Promise<void> {
  const { size, root } = await store.head();
  const at = new Date(scene.clock.now().wallMs + 60_000).toISOString();
  await putCursor(store, 'vault', { ...start, size, root: root.toString('base64'), at });
}

describe('a demand for copies is met by what the sinks themselves say, and never by a note of ours:', () => {
  test('another process that holds the sink and says it has everything only delays it', async () => {
    const far = aFarSide();
    far.before = down;
    far.head = down;
    const { scene, resume } = await approved([far.sink], aVault);
    const store = scene.openStore();
    onTestFinished(() => store.close());
    const since = new Date(scene.clock.now().wallMs).toISOString();
    const other = { host: 'elsewhere', pid: 1, boot: '', startTime: 'x', since };
    await store.takeHold('sink:vault', other, () => true);
    const lying = setInterval(() => void claimAll(scene, store), 10);
    onTestFinished(() => clearInterval(lying));
    await expect(resume()).rejects.toMatchObject({ code: 'remote_missing' });
    expect(hasRun(scene)).toBe(false);
    clearInterval(lying);
    await store.releaseHold('sink:vault', other);
    far.before = () => null;
    far.head = async () => far.stands();
    expect(await resume()).toMatchObject({ status: 'succeeded' });
  });

  test('a note that is written once the start is recorded does not cover it', async () => {
    const far = aFarSide();
    const { scene, resume } = await approved([far.sink], aVault);
    const store = scene.openStore();
    onTestFinished(() => store.close());
    let isStarted = false;
    const push = scene.entries.push.bind(scene.entries);
    scene.entries.push = (...entries) => {
      if (entries.some(({ event }) => event.type === 'step.started')) {
        isStarted = true;
        void claimAll(scene, store);
      }
      return push(...entries);
    };
    far.before = () => (isStarted ? down() : null);
    far.head = () => (isStarted ? down() : Promise.resolve(far.stands()));
    expect(await resume()).toMatchObject({ status: 'failed' });
    expect(hasRun(scene)).toBe(false);
    expect((await audited(scene)).codes).toEqual([]);
  });
});

/** A witness that cosigns whatever it takes, `lateBy` seconds from now. */
function aWitness(
  name: string,
  { seed, lateBy = 0 }: { readonly seed: number; readonly lateBy?: number },
): { readonly far: FarSide; readonly line: string } {
  const signer = aSigner(`w.example/${name}`, seed);
  const verifierKey = formatVerifierKey(signer.name, signer.publicKey, 'cosignature');
  const far = aFarSide({
    name,
    kind: 'witness',
    anchorKey: () => ({ kind: 'cosignature', verifierKey }),
  });
  far.after = ({ head, log }) => {
    const body = formatCheckpoint({ origin: log.origin, size: head.size, root: head.root });
    const evidence = signCosignature(body, signer, Math.floor(Date.now() / 1000) + lateBy);
    return { size: head.size, root: head.root, anchor: { kind: 'cosignature', evidence } };
  };
  return { far, line: `${name}: { kind: witness, key: "${verifierKey}" }` };
}

describe('witnesses that a demand counts', () => {
  test('prove it, also when another process had brought them there', async () => {
    const one = aWitness('one', { seed: 11 });
    const { scene, resume } = await approved([one.far.sink], {
      config: `sinks: { ${one.line} }`,
    });
    const push = scene.entries.push.bind(scene.entries);
    scene.entries.push = (...entries) => {
      // Whoever serves the journal is faster than this run.
      void syncAll(scene.engine(), {
        sinks: [one.far.sink],
        withinMs: 1000,
        confirm: false,
        retry: false,
      });
      return push(...entries);
    };
    expect(await resume()).toMatchObject({ status: 'succeeded' });
    const { codes, anchor } = await audited(scene);
    expect(codes).toEqual([]);
    expect(anchor).toMatch(/copies were demanded for: 1$/);
  });

  test('of two keys are two copies, and of one key under two names one', async () => {
    const [one, other] = [aWitness('one', { seed: 11 }), aWitness('other', { seed: 12 })];
    const two = await approved([one.far.sink, other.far.sink], {
      config: `sinks: { ${one.line}, ${other.line} }`,
      required: 2,
    });
    expect(await two.resume()).toMatchObject({ status: 'succeeded' });
    expect((await audited(two.scene)).codes).toEqual([]);

    const [here, there] = [aWitness('here', { seed: 13 }), aWitness('there', { seed: 13 })];
    const same = await approved([here.far.sink, there.far.sink], {
      config: `sinks: { ${here.line}, ${there.line} }`,
      required: 2,
    });
    await expect(same.resume()).rejects.toMatchObject({
      code: 'remote_missing',
      message: containing('and 1 acknowledged'),
    });
    expect(hasRun(same.scene)).toBe(false);
  });

  test.each([
    ['without proof', {}, null],
    ['with a proof that is dated a month ahead', { lateBy: 30 * 86_400 }, 'x'],
  ])('and that answer %s have not got it', async (_what, more, proof) => {
    const one = aWitness('one', { seed: 11, ...more });
    if (proof === null) {
      one.far.after = () => null;
    }
    const { scene, resume } = await approved([one.far.sink], {
      config: `sinks: { ${one.line} }`,
    });
    const report = await resume().catch((error: unknown) => error);
    expect(report).not.toMatchObject({ status: 'succeeded' });
    expect(hasRun(scene)).toBe(false);
    expect((await audited(scene)).codes).toEqual([]);
  });
});

describe('an unprivileged run ends although its sinks hang:', () => {
  const plain = 'name: plain\nsteps: [{ id: look, run: "true" }]\n';

  function aHangingScene() {
    const log: string[] = [];
    const sinks = ['one', 'other'].map((name) => {
      const far = aFarSide({ name });
      far.before = (_delivery, signal) => {
        log.push('asked');
        signal.addEventListener('abort', () => log.push('given up'));
        return hanging();
      };
      return far.sink;
    });
    const warned: string[] = [];
    const scene = openScene({ runbook: plain, sinks, warn: (line) => warned.push(line) });
    return { scene, log, warned };
  }

  test('all of them are waited for at once, and those that are behind are named', async () => {
    const { scene, log, warned } = aHangingScene();
    expect(await scene.exec()).toMatchObject({ status: 'succeeded' });
    expect(log).toEqual(['asked', 'asked', 'given up', 'given up']);
    expect(warned).toHaveLength(2);
  });

  test('and a second interrupt ends even that wait', async () => {
    const far = aFarSide();
    far.before = down;
    const scene = openScene({ runbook: plain, sinks: [far.sink] });
    const { run } = await scene.exec();
    const hurry = new AbortController();
    const heard: boolean[] = [];
    far.before = (_delivery, signal) => {
      hurry.abort();
      heard.push(signal.aborted);
      return hanging();
    };
    await scene.service().drive(run, { ...driving(scene), hurry: hurry.signal });
    expect(heard).toEqual([true]);
  });
});

describe('an interrupt is heard while copies are waited for,', () => {
  const patient = { ...aVault, within: '60s' };

  test('before the start: it is not recorded, and the run is cancelled', async () => {
    const far = aFarSide();
    const { scene, resume } = await approved([far.sink], patient);
    const stop = new AbortController();
    far.head = hanging;
    far.before = () => {
      stop.abort();
      return hanging();
    };
    expect(await resume(stop.signal)).toMatchObject({ status: 'cancelled' });
    expect(typesIn(scene)).not.toContain('step.started');
    expect(hasRun(scene)).toBe(false);
  });

  test('and after it: nothing runs', async () => {
    const far = aFarSide();
    const { scene, resume } = await approved([far.sink], patient);
    const stop = new AbortController();
    far.before = () => {
      if (!typesIn(scene).includes('step.started')) {
        return null;
      }
      stop.abort();
      return hanging();
    };
    const report = await resume(stop.signal);
    expect(report.status).not.toBe('succeeded');
    expect(hasRun(scene)).toBe(false);
    const ended = scene.entries.find(({ event }) => event.type === 'step.finished');
    expect(ended?.event.data).toMatchObject({
      failure: 'start',
      reason: containing('interrupted'),
    });
    expect((await audited(scene)).codes).toEqual([]);
  });
});
