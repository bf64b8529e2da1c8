import { expect, test } from 'vitest';
import { openScene } from '../support/scene.ts';

const restart = `
name: restart
steps:
  - id: look
    run: echo "all is well"
  - id: restart
    name: Restart it
    privileged: true
    run: echo restarted > done.txt
  - id: verify
    run: cat done.txt
`;

test('a run stops before its privileged step, and goes on when a second person has signed', async () => {
  const scene = openScene({ runbook: restart });
  const waiting = await scene.exec();
  expect(waiting).toMatchObject({ status: 'waiting', exit_code: 10, terminal: false });
  expect(waiting.steps.map(({ id, status }) => [id, status])).toEqual([
    ['look', 'succeeded'],
    ['restart', 'waiting'],
    ['verify', 'pending'],
  ]);

  const decision = await scene.decide(scene.people.robin, 'approve');
  expect(decision).toMatchObject({ person: 'robin', assurance: 'A3', missing: [] });

  const done = await scene.resume(waiting.run);
  expect(done).toMatchObject({ status: 'succeeded', exit_code: 0, terminal: true });
  expect(scene.output.text).toBe('all is well\nrestarted\n');

  const report = await scene
    .service()
    .verify({ receipts: [], pins: scene.people.robin.approver.pins(), progress: () => undefined });
  expect(report.findings).toEqual([]);
  expect(report.exit_code).toBe(0);
});

test('a requester cannot approve their own step', async () => {
  const scene = openScene({ runbook: restart });
  await scene.exec();
  await expect(scene.decide(scene.people.ana, 'approve')).rejects.toMatchObject({
    code: 'key_not_asked',
  });
});

test('an approver who signed before can sign offline: the file proves that the log grew out of what they saw', async () => {
  const scene = openScene({ runbook: restart });
  const { robin } = scene.people;
  const first = await scene.exec();
  await scene.decide(robin, 'approve');
  await scene.resume(first.run);
  await scene.exec();
  // As `review --export` writes it: nobody says what the reader has seen.
  const file = await scene.service().review(null, null);
  const signed = await robin.approver.decide(robin.approver.open(file), robin.signer, {
    decision: 'approve',
    reason: null,
  });
  expect(await scene.service().decide(signed.signed, 'offline')).toMatchObject({ missing: [] });
});

test('two windows of one approver do not take each other for a rolled back journal', async () => {
  const scene = openScene({ runbook: restart });
  const { robin } = scene.people;
  const first = await scene.exec();
  await scene.decide(robin, 'approve');
  await scene.resume(first.run);
  await scene.exec();
  const door = scene.service();
  const read = (): ReturnType<typeof robin.approver.read> =>
    robin.approver.read(async (seen) => {
      const file = await door.review(null, seen);
      if (seen !== null && once) {
        once = false;
        // While this window reads, another one signs and pins a newer head.
        await scene.decide(robin, 'approve');
      }
      return file;
    });
  let once = true;
  const { signed } = await robin.approver.decide(await read(), robin.signer, {
    decision: 'approve',
    reason: null,
  });
  expect(await door.decide(signed, 'cli')).toMatchObject({ person: 'robin', missing: [] });
});
