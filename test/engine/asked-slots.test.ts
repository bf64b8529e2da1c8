import { expect, test } from 'vitest';
import { openScene } from '../support/scene.ts';

const runbook = `
name: restart
steps:
  - id: restart
    privileged: true
    run: echo restarted
`;

test('whom it is escalated to later is told from when on, and counts from then', async () => {
  const scene = openScene({
    runbook,
    policy:
      'rules: [{ name: on call, require: { approvals: [{ id: peer, from: [robin], escalate: [{ after: 10m, to: [kim] }] }] } }]',
  });
  const { run } = await scene.exec();
  await expect(scene.decide(scene.people.kim, 'approve')).rejects.toMatchObject({
    code: 'not_asked_yet',
    message: expect.stringMatching(/^`kim` is asked from \d{4}-.*Z on/) as string,
  });
  scene.clock.shift(11 * 60_000);
  await scene.decide(scene.people.kim, 'approve');
  expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
});
