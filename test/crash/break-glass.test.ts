import { expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { findingsOf, openNight, review, startNight } from '../support/break-glass.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { driving, type Scene } from '../support/scene.ts';
import { forgetHolds } from './crash-at.ts';

/** Starts where nothing has been, and goes on from whatever the journal says; never past what is owed. */
async function tell(scene: Scene, store: Store): Promise<void> {
  const door = scene.service(store);
  const [known] = await door.runs(1);
  const run = known?.run ?? (await startNight(scene, {}, { store }));
  await door.drive(run, driving(scene));
  const { requests } = await door.status(run);
  for (const { request } of requests) {
    const { approver, signer } = scene.people.ana;
    const proven = await approver.read((seen) => door.review(request, seen));
    const choice = { decision: 'approve', reason: null } as const;
    await door.decide((await approver.decide(proven, signer, choice)).signed, 'cli');
  }
  await door.drive(run, driving(scene));
}

test('stopped at any commit, no start under break-glass is without its debt', async () => {
  let started = 0;
  for (let commit = 1; ; commit += 1) {
    let stopped = false;
    for (const when of ['before', 'after'] as const) {
      const scene = openNight();
      stopped = await tellUntilStopped(scene, { commit, when });
      started += await expectOwed(scene);
    }
    if (!stopped) {
      expect(commit).toBeGreaterThan(6);
      expect(started).toBeGreaterThan(2);
      return;
    }
  }
}, 60_000);

async function tellUntilStopped(
  scene: Scene,
  point: Parameters<typeof crashingStore>[1],
): Promise<boolean> {
  const store = scene.openStore();
  try {
    await tell(scene, crashingStore(store, point));
    return false;
  } catch (error) {
    if (error instanceof Stopped) {
      return true;
    }
    throw error;
  } finally {
    await store.close();
  }
}

/** What the entries say was started, the index says is owed, and holds up the next; then it can be paid. */
async function expectOwed(scene: Scene): Promise<number> {
  const store = scene.openStore();
  await forgetHolds(store);
  const door = scene.service(store);
  const [run] = await door.runs(1);
  const entries = run === undefined ? [] : await door.events(run.run, 0);
  const starts = entries.filter(({ event }) => event.type === 'step.started');
  expect(await store.listDebts(true)).toHaveLength(starts.length);
  expect(await findingsOf(door)).toEqual([]);
  if (starts.length > 0) {
    await expect(startNight(scene)).rejects.toMatchObject({ code: 'review_owed' });
    const ended = entries.some(({ event }) => event.type === 'step.finished');
    const paid = review(scene, scene.people.kim);
    await (ended
      ? expect(paid).resolves.toMatchObject({ duplicate: false })
      : expect(paid).rejects.toMatchObject({ code: 'review_too_early' }));
  }
  await store.close();
  return starts.length;
}
