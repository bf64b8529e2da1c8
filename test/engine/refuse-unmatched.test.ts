import { describe, expect, test } from 'vitest';
import { nightRunbook, openNight, startNight } from '../support/break-glass.ts';
import { openScene } from '../support/scene.ts';
import { startOf } from '../support/signed-start.ts';

const twoSteps = (tags: string) => `${nightRunbook(tags)}  - { id: after, run: echo after }\n`;

describe('what no step has any use for is said before step 1', () => {
  test.each([
    ['break-glass whose rule matches no step', 'other', { breakGlass: 'night' }],
    ['an override of a rule that denies nothing', 'data', { overrides: ['frozen'] }],
  ])('%s', async (_, tags, asked) => {
    const scene = openNight({ runbook: twoSteps(tags) });
    await expect(startNight(scene, asked)).rejects.toMatchObject({ code: 'rule_unmatched' });
    expect(await scene.service().runs(5)).toEqual([]);
  });

  test('a grant whose rule matches no step', async () => {
    const policy = 'grants: [{ name: shards, when: "false", max_uses: 3, for: 1h }]';
    const scene = openScene({ policy, runbook: nightRunbook() });
    await expect(scene.service().start(startOf(scene, { reuse: 'shards' }))).rejects.toMatchObject({
      code: 'rule_unmatched',
      message: 'rule `shards` matches no privileged step of this runbook',
    });
  });

  test('a runbook in which nothing is privileged breaks no glass', async () => {
    const runbook = 'name: plain\nsteps: [{ id: look, tags: [data], run: echo looked }]\n';
    await expect(startNight(openNight({ runbook }))).rejects.toMatchObject({
      code: 'rule_unmatched',
    });
  });

  test('a rule that matches one of several steps may be asked for', async () => {
    const other = '  - { id: other, privileged: true, run: echo other }\n';
    const scene = openNight({ runbook: nightRunbook() + other });
    await expect(startNight(scene)).resolves.toBeDefined();
  });
});
