import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/base/ids.ts';
import type { Service } from '../../src/engine/service.ts';
import { blobsOf } from '../../src/run/named-blobs.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import type { Store } from '../../src/store/store.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { openScene, type Scene } from '../support/scene.ts';

const day = 86_400_000;

const runbook = `name: deploy
params:
  token: { type: string, secret: true }
steps:
  - { id: look, run: "echo 'who is ana'" }
  - { id: restart, privileged: true, exec: [echo, restarted] }
`;

/** A journal with one run that ended long ago, and files that it left in the order in which they go. */
async function anOldRun(): Promise<{ scene: Scene; run: RunId; files: readonly string[] }> {
  const scene = openScene({ runbook });
  const { run } = await scene.exec({ token: 's3cret' });
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run, { token: 's3cret' });
  scene.clock.shift(400 * day);
  const entries = await scene.engine().store.loadRun(run);
  const ids = new Set(
    entries.flatMap((entry) => blobsOf(recordedOf(entry).event).map(({ id }) => id)),
  );
  const paths = [...ids].map((id) => join(scene.state, 'blobs', id.slice(0, 2), id));
  return { scene, run, files: [...paths.map((path) => `${path}.salt`), ...paths] };
}

const acts: Readonly<Record<string, (service: Service, run: RunId) => Promise<unknown>>> = {
  erase: (service, run) =>
    service.erase({ reason: 'asked for', what: { kind: 'run', run, content: [] } }),
  prune: (service) =>
    service.prune({ beforeMs: Date.now() + 300 * day, reason: 'retention', dryRun: false }),
};

/** Durable, and the process ends before anything is deleted. */
function stoppedAfterCommit(store: Store): Store {
  return crashingStore(store, { commit: 1, when: 'after' });
}

async function expectSound(scene: Scene): Promise<void> {
  const { findings, exit_code } = await scene
    .service()
    .verify({ receipts: [], pins: [], progress: () => undefined });
  expect(findings.filter(({ code }) => !code.startsWith('W_'))).toEqual([]);
  expect(exit_code).toBe(0);
}

describe.each(Object.entries(acts))('%s, stopped', (_name, act) => {
  test('before its entry is durable, deletes nothing', async () => {
    const { scene, run, files } = await anOldRun();
    const store = crashingStore(scene.openStore(), { commit: 1, when: 'before' });
    await expect(act(scene.service(store), run)).rejects.toBeInstanceOf(Stopped);
    await store.close();
    await scene.restart();
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    await expectSound(scene);
  });

  test('anywhere after that, is sound, and is finished by whoever comes next', async () => {
    const { scene, run, files } = await anOldRun();
    const store = stoppedAfterCommit(scene.openStore());
    await expect(act(scene.service(store), run)).rejects.toBeInstanceOf(Stopped);
    await store.close();
    for (const file of files) {
      await scene.restart();
      await expectSound(scene);
      rmSync(file, { force: true });
    }
    await scene.restart();
    await expectSound(scene);
    await scene.service().rebuild(() => undefined);
    expect(files.filter((file) => existsSync(file))).toEqual([]);
    await expectSound(scene);
  });

  test('right after its entry, is finished by the next sweep, once and for all', async () => {
    const { scene, run, files } = await anOldRun();
    const store = stoppedAfterCommit(scene.openStore());
    await expect(act(scene.service(store), run)).rejects.toBeInstanceOf(Stopped);
    await store.close();
    await scene.restart();
    const own = scene.engine().store;
    const swept = await own.sweep();
    expect(swept.blobs + swept.entries).toBeGreaterThan(0);
    expect(await own.sweep()).toEqual({ blobs: 0, openings: 0, entries: 0 });
    expect(files.filter((file) => existsSync(file))).toEqual([]);
    await expectSound(scene);
  });
});

test('what was erased is in no file of the journal any more', async () => {
  const { scene, run } = await anOldRun();
  const [first] = (await scene.engine().store.loadRun(run)).map(recordedOf);
  const secrets =
    first?.event.type === 'run.started' ? Object.values(first.event.data.secrets) : [];
  const salts = await Promise.all(secrets.map((made) => scene.engine().store.getOpening(made)));
  await scene.service().erase({
    reason: 'asked for',
    what: { kind: 'run', run, content: ['values'] },
  });
  const bytes = readdirSync(scene.state)
    .filter((name) => name.startsWith('journal.sqlite'))
    .map((name) => readFileSync(join(scene.state, name)));
  expect(salts.length).toBeGreaterThan(0);
  for (const salt of salts) {
    expect(bytes.some((file) => salt !== null && file.includes(salt))).toBe(false);
  }
});
