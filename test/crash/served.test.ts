import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordedOf } from '../../src/run/recorded.ts';
import type { Store } from '../../src/store/store.ts';
import { type CrashPoint, crashingStore, Stopped } from '../support/crashing-store.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { type Staffed, staff } from '../support/staff.ts';
import { keepInMemory } from './in-memory.ts';
import { expectStartsAllowed } from './promises.ts';

keepInMemory();

/** What a crash leaves unknown is tried again by itself; a privileged step then needs another approval. */
const served = `
name: served
steps:
  - id: look
    idempotent: true
    run: echo "$RUNBOOK_ATTEMPT" >> effects
  - id: restart
    privileged: true
    idempotent: true
    run: echo "$RUNBOOK_ATTEMPT" >> effects
  - id: verify
    idempotent: true
    run: echo "$RUNBOOK_ATTEMPT" >> effects
`;

test('a server stopped at any commit comes back, and its run ends as if it had not been', async () => {
  let commit = 1;
  while (await stoppedAt({ commit, when: 'before' })) {
    expect(await stoppedAt({ commit, when: 'after' })).toBe(true);
    commit += 1;
  }
  expect(commit).toBeGreaterThan(8);
}, 180_000);

/** Whether the first server got that far. */
async function stoppedAt(point: CrashPoint): Promise<boolean> {
  const scene = openScene({ runbook: served });
  const first = crashingStore(scene.openStore(), point);
  const stopped = await toTheEnd(scene, first, staff(scene, { store: first })).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Stopped) {
        return true;
      }
      throw error;
    },
  );
  const store = scene.openStore();
  await toTheEnd(scene, store, staff(scene, { store }));
  await expectHonest(scene, store);
  return stopped;
}

/** Starts the run where there is none yet, and says yes to whatever is asked, until it has succeeded. */
async function toTheEnd(scene: Scene, store: Store, { start }: Staffed): Promise<void> {
  const door = scene.service(store);
  const { robin } = scene.people;
  const [known] = await store.listRuns({ limit: 1 });
  const run = known?.run ?? (await start());
  for (;;) {
    const report = await door.status(run);
    if (report.terminal) {
      expect(report.status).toBe('succeeded');
      return;
    }
    for (const { request } of report.requests) {
      const proven = await robin.approver.read((seen) => door.review(request, seen));
      const choice = { decision: 'approve', reason: null } as const;
      const signed = await robin.approver.decide(proven, robin.signer, choice);
      robin.approver.keep(signed, (await door.decide(signed.signed, 'cli')).recorded);
    }
    await new Promise((done) => setTimeout(done, 5));
  }
}

async function expectHonest(scene: Scene, store: Store): Promise<void> {
  const pins = scene.people.robin.approver.pins();
  const door = scene.service(store);
  expect((await door.verify({ receipts: [], pins, progress: () => undefined })).findings).toEqual(
    [],
  );
  const runs = await store.listRuns({ limit: 10 });
  expect(runs).toHaveLength(1);
  const file = join(scene.dir, 'effects');
  const effects = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  for (const { run } of runs) {
    expectStartsAllowed((await store.loadRun(run)).map(recordedOf), effects);
  }
}
