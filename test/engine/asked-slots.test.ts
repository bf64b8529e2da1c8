import { expect, test } from 'vitest';
import { openScene, withTouch } from '../support/scene.ts';

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

test('a touch that nobody has a key for is missed before the first step', async () => {
  const policy =
    'floor: { assurance: A3 }\nrules: [{ name: touch, require: { approvals: [{ id: peer, from: ["*"], assurance: A3, pin: true }] } }]';
  await expect(openScene({ runbook, policy }).exec()).rejects.toMatchObject({
    code: 'nobody_can_approve',
    message: expect.stringContaining('with a security key, which alone proves a touch') as string,
  });
  const scene = openScene({ runbook, policy, morePeople: withTouch });
  expect(await scene.exec()).toMatchObject({ status: 'waiting' });
});
