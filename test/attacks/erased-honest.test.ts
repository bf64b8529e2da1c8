import { expect, test } from 'vitest';
import { verify } from '../audit/court.ts';
import { breakGlass, openNight } from '../support/break-glass.ts';
import { exporting, verifying } from '../support/evidence.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { lendShards, openShards, startShard } from '../support/shards.ts';
import { authorizationIn, eraseContent, errorsIn } from './erasing.ts';

/** What honest runs leave behind, once its content is gone, accuses nobody. */

const filled = `
name: filled
steps:
  - { id: find, run: printf node-b, outputs: { leader: { value: stdout, type: string, pattern: 'node-[a-z]' } } }
  - id: restart
    privileged: true
    exec: [echo, restarting, "\${{ steps.find.outputs.leader }}"]
    env: { LEADER: "\${{ steps.find.outputs.leader }}" }
    check: { run: "true" }
  - { id: note, if: "false", run: "true" }
  - { id: tidy, privileged: true, tags: [slow], run: "true" }
`;

const rules = `
rules:
  - name: slow
    when: '"slow" in step.tags'
    require: { approvals: [{ id: peer, from: [robin, kim], count: 2 }] }
  - name: never
    when: '"never" in step.tags'
    deny: never
`;

const together = `
name: together
approvals: together
steps:
  - { id: find, run: printf b, outputs: { leader: { value: stdout, type: string, enum: [a, b] } } }
  - { id: drain, privileged: true, run: echo drained }
  - { id: restart, privileged: true, exec: [echo, restarting, "\${{ steps.find.outputs.leader }}"] }
`;

async function runToEnd(
  runbook: string,
  approvers: readonly (readonly ('robin' | 'kim')[])[],
): Promise<Scene> {
  const scene = openScene({ runbook, policy: rules });
  const { run } = await scene.exec();
  for (const people of approvers) {
    for (const name of people) {
      await scene.decide(scene.people[name], 'approve');
    }
    await scene.resume(run);
  }
  expect(scene.entries.at(-1)?.event).toMatchObject({ data: { status: 'succeeded' } });
  return scene;
}

const honest: readonly (readonly [string, () => Promise<Scene>, boolean | null])[] = [
  ['with a probe, under rules', () => runToEnd(filled, [['robin'], ['robin', 'kim']]), true],
  ['whose values were filled in later', () => runToEnd(together, [['robin']]), null],
  [
    'under an approval of another run',
    async () => {
      const scene = openShards();
      await lendShards(scene);
      await startShard(scene, { shard: 2 }, { reuse: 'shards' });
      scene.clock.shift(3_600_000);
      return scene;
    },
    null,
  ],
  [
    'under broken glass',
    async () => {
      const scene = openNight();
      await breakGlass(scene);
      return scene;
    },
    true,
  ],
];

test.each(honest)('a run %s', async (_what, open, ok) => {
  const scene = await open();
  const before = await verify(scene);
  expect(errorsIn(before)).toEqual([]);
  expect(authorizationIn(before).ok).toBe(true);
  const runs = [...new Set(scene.entries.flatMap(({ run }) => run ?? []))];
  expect(runs).not.toEqual([]);
  for (const run of runs) {
    const { bundle } = await exporting(scene, { run, disclosed: [] });
    const report = await verifying(bundle);
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(authorizationIn(report).ok).toBe(null);
  }
  for (const run of runs) {
    expect(await eraseContent(scene, run, ['plan', 'command', 'outputs'])).toBeGreaterThan(0);
    const report = await verify(scene);
    expect(errorsIn(report)).toEqual([]);
    expect(report.exit_code).toBe(0);
    expect(authorizationIn(report).ok).toBe(ok);
  }
});
