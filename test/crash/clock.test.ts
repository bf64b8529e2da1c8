import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunReport } from '../../src/engine/reports.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { resumeOn } from './on-store.ts';

const minuteMs = 60_000;

const restart = `
name: restart
steps:
  - id: restart
    privileged: true
    run: echo restarted >> effects
`;

const retried = `
name: retried
steps:
  - id: restart
    privileged: true
    retry: { attempts: 3, delay: 10ms }
    run: |
      echo tried >> effects
      [ "$(wc -l < effects)" -ge 3 ]
`;

function effects(scene: Scene): number {
  const file = join(scene.dir, 'effects');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0;
}

/** Ana resumes; before each further try, so much time goes by. */
function resumeWithDelays(scene: Scene, run: string, ms: number): Promise<RunReport> {
  const listener = { ...driving(scene).listener, delayed: () => scene.clock.shift(ms) };
  return resumeOn(scene, scene.engine().store, run, { listener });
}

test('a clock that was set back blocks what is privileged, until it has caught up', async () => {
  const scene = openScene({ runbook: restart });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  scene.clock.shift(-minuteMs);
  await expect(scene.resume(run)).rejects.toMatchObject({ code: 'clock_backwards' });
  // Resuming wrote an entry under the wrong time: that does not make it the right one.
  await expect(scene.resume(run)).rejects.toMatchObject({ code: 'clock_backwards' });
  expect(effects(scene)).toBe(0);
  scene.clock.shift(minuteMs);
  expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
});

test("another run's entries tell, too, that the clock was set back over an expiry", async () => {
  const scene = openScene({ runbook: restart });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  scene.clock.shift(11 * minuteMs);
  await scene.exec();
  scene.clock.shift(-10 * minuteMs);
  await expect(scene.resume(run)).rejects.toMatchObject({ code: 'clock_backwards' });
  expect(effects(scene)).toBe(0);
});

test('a run that begins after the clock was corrected is not blocked by it', async () => {
  const scene = openScene({ runbook: restart });
  scene.clock.shift(365 * 24 * 60 * minuteMs);
  const early = await scene.exec();
  scene.clock.shift(-365 * 24 * 60 * minuteMs);
  await scene.service().cancel(early.run, null, driving(scene));
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
});

test('a request that nobody decided in time is asked anew by whoever resumes', async () => {
  const scene = openScene({ runbook: restart });
  const { run } = await scene.exec();
  scene.clock.shift(31 * minuteMs);
  await expect(scene.decide(scene.people.robin, 'approve')).rejects.toMatchObject({
    code: 'request_expired',
    exitCode: 12,
  });
  expect(await scene.service().status(run)).toMatchObject({ status: 'expired', exit_code: 12 });
  expect(await scene.resume(run)).toMatchObject({ status: 'waiting', exit_code: 10 });
  await scene.decide(scene.people.robin, 'approve');
  expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
  expect(effects(scene)).toBe(1);
});

test('an approval that lies unused for too long lapses', async () => {
  const scene = openScene({ runbook: restart });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  scene.clock.shift(10 * minuteMs);
  expect(await scene.service().status(run)).toMatchObject({ status: 'expired' });
  expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
  expect(effects(scene)).toBe(0);
});

test('one more approval of a granted request comes too late, and says so', async () => {
  const scene = openScene({ runbook: restart });
  await scene.exec();
  scene.clock.shift(25 * minuteMs);
  await scene.decide(scene.people.robin, 'approve');
  scene.clock.shift(6 * minuteMs);
  await expect(scene.decide(scene.people.kim, 'approve')).rejects.toMatchObject({
    code: 'request_expired',
  });
});

test('a grant is used once for each try, and the wait between them does not let it lapse', async () => {
  const scene = openScene({ runbook: retried });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await resumeWithDelays(scene, run, 4 * minuteMs);
  expect(effects(scene)).toBe(3);
  const uses = scene.entries.flatMap(({ event }) =>
    event.type === 'step.started' && event.data.permit.kind === 'grant'
      ? [event.data.permit.use]
      : [],
  );
  expect(uses).toEqual([1, 2, 3]);
});

test('between two tries a grant lapses, counted from the end of the last one', async () => {
  const scene = openScene({ runbook: retried, policy: 'floor: { unused: 4m }' });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await resumeWithDelays(scene, run, 6 * minuteMs);
  expect(effects(scene)).toBe(1);
  expect(await scene.service().status(run)).toMatchObject({ status: 'expired' });
});
