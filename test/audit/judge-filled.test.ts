import { expect, test } from 'vitest';
import { whyOther } from '../../src/audit/judge-filled.ts';
import { lendShards, openShards, startsIn } from '../support/shards.ts';

test('a start with other values than its reviewers were shown is not what they approved', async () => {
  const scene = openShards();
  await lendShards(scene);
  const [started] = startsIn(scene);
  const asked = scene.entries.flatMap(({ event }) =>
    event.type === 'approval.requested' ? event.data.commands : [],
  )[0];
  if (started === undefined || asked === undefined) {
    throw new Error('the step was asked for and ran');
  }
  expect(asked.values).toEqual({ 'params.shard': 1 });
  const shown = { ...asked, values: { 'params.shard': 2 } };
  const replay = { templates: new Map() } as unknown as Parameters<typeof whyOther>[2];
  expect(whyOther(shown, started, replay)).toEqual({
    why: 'reviewers were shown other values of this run',
  });
});
