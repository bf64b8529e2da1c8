import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fullStore } from '../support/full-store.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { driveOn, execOn, resumeOn } from './on-store.ts';

const runbook = `
name: filling
steps:
  - id: look
    run: |
      touch looked
      echo '{"node": "a"}'
    outputs: { node: json.node }
  - id: restart
    privileged: true
    run: touch restarted
  - id: verify
    run: touch verified
`;

const has = (scene: Scene, name: string): boolean => existsSync(join(scene.dir, name));

test('a disk that fills up before a step starts: it does not run, and the run goes on later', async () => {
  const scene = openScene({ runbook });
  const waiting = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  const run = await scene.service().resume({ run: waiting.run, given: {} });
  const full = fullStore(scene.engine().store, () => true);
  await expect(driveOn(scene, full, run)).rejects.toMatchObject({ exitCode: 18 });
  expect(has(scene, 'restarted')).toBe(false);
  expect(await scene.service().status(run)).toMatchObject({ status: 'waiting' });
  expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
});

test('a disk that fills up while a step runs: its end is recorded, and nothing else begins', async () => {
  const scene = openScene({ runbook });
  const store = fullStore(scene.engine().store, () => has(scene, 'looked'));
  await expect(execOn(scene, store)).rejects.toMatchObject({ code: 'journal_full' });
  const [look, restart] = (await scene.service().status(null)).steps;
  expect(look).toMatchObject({
    status: 'succeeded',
    exit_code: 0,
    reason: 'what it said was not kept: the disk is full (a test)',
  });
  expect(look).not.toHaveProperty('outputs');
  expect(restart).toMatchObject({ status: 'pending' });
});

test('a disk that fills up while a privileged step runs: its end is recorded', async () => {
  const scene = openScene({ runbook });
  const waiting = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  const store = fullStore(scene.engine().store, () => has(scene, 'restarted'));
  await expect(resumeOn(scene, store, waiting.run)).rejects.toMatchObject({ exitCode: 18 });
  const { steps } = await scene.service().status(null);
  expect(steps.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'pending']);
  expect(await scene.resume(waiting.run)).toMatchObject({ status: 'succeeded' });
});

test('an unprivileged step that ended is not forgotten because the next one cannot start', async () => {
  const scene = openScene({
    runbook: `
name: two
steps:
  - { id: one, run: echo x >> one }
  - { id: two, run: echo x >> two }
`,
  });
  let isFull = false;
  const store = fullStore(scene.engine().store, () => {
    isFull ||= has(scene, 'one');
    return isFull;
  });
  await expect(execOn(scene, store)).rejects.toMatchObject({ exitCode: 18 });
  const report = await scene.service().status(null);
  expect(report.steps.map(({ status }) => status)).toEqual(['succeeded', 'pending']);
  expect(await scene.resume(report.run)).toMatchObject({ status: 'succeeded' });
  expect(readFileSync(join(scene.dir, 'one'), 'utf8')).toBe('x\n');
});
