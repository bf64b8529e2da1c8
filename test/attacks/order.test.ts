import { describe, expect, test } from 'vitest';
import { verify } from '../audit/court.ts';
import { openScene, type Scene } from '../support/scene.ts';

const minute = 60_000;

function done(scene: Scene, run: string, step: string): Promise<unknown> {
  return scene.service().done({ run, step, outcome: 'succeeded', note: null, given: {} });
}

describe('an approval for several steps', () => {
  const byHand = `
name: by-hand
approvals: together
steps:
  - { id: look, manual: Look at the cluster. }
  - { id: one, privileged: true, run: echo one }
  - { id: look_again, manual: Look again. }
  - { id: two, privileged: true, run: echo two }
`;

  async function approved(): Promise<{ readonly scene: Scene; readonly run: string }> {
    const scene = openScene({ runbook: byHand, policy: 'floor: { unused: 2m }' });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    return { scene, run };
  }

  test('is not kept alive by a person who takes their time', async () => {
    const { scene, run } = await approved();
    scene.clock.shift(3 * minute);
    await done(scene, run, 'look');
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    expect(scene.output.text).toBe('');
  });

  test('counts anew from the end of a step that it let run, and from no other', async () => {
    const { scene, run } = await approved();
    scene.clock.shift(minute);
    await done(scene, run, 'look');
    await scene.resume(run);
    expect(scene.output.text).toBe('one\n');
    scene.clock.shift(1.5 * minute);
    await done(scene, run, 'look_again');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect((await verify(scene)).findings).toEqual([]);
  });
});
