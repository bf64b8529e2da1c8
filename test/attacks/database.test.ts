import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodePlan, encodePlan, planDigest } from '../../src/runbook/digest.ts';
import { openScene } from '../support/scene.ts';
import { byHand, entryAt, newest, setEntry } from './journal-by-hand.ts';

const restart = `
name: restart
steps:
  - id: look
    run: echo fine
  - id: restart
    privileged: true
    run: echo ran >> ran.txt
`;

test('a plan swapped for one without privileged steps is not driven', async () => {
  const scene = openScene({ runbook: restart });
  const { run } = await scene.exec();
  const { store } = scene.engine();
  const started = byHand(scene, (db) => entryAt(db, newest(db, 'run.started')));
  const id = (JSON.parse(started) as { data: { plan: string } }).data.plan;
  const plan = decodePlan((await store.getBlob(id as never)).bytes);
  const loose = { ...plan, steps: plan.steps.map((step) => ({ ...step, privileged: false })) };
  const blob = await store.putBlob(encodePlan(loose));
  byHand(scene, (db) => {
    setEntry(
      db,
      newest(db, 'run.started'),
      started.replace(id, blob).replace(planDigest(plan), planDigest(loose)),
    );
    const requested = newest(db, 'approval.requested');
    db.prepare('delete from events where seq = ?').run(requested);
  });
  await expect(scene.resume(run)).rejects.toMatchObject({ exitCode: 14 });
  expect(existsSync(join(scene.dir, 'ran.txt'))).toBe(false);
});
