import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verify } from '../audit/court.ts';
import type { Scene } from '../support/scene.ts';
import { lendShards, openShards, ranIn, startShard, startsIn } from '../support/shards.ts';

describe('an approval that holds for more than one run', () => {
  test('starts later runs within its terms, and asks again when its uses are spent', async () => {
    const scene = openShards();
    expect((await lendShards(scene)).status).toBe('succeeded');
    expect((await startShard(scene, { shard: 5 })).status).toBe('succeeded');
    expect((await startShard(scene, { shard: 8 })).status).toBe('succeeded');
    expect((await startShard(scene, { shard: 2 })).status).toBe('waiting');
    expect(ranIn(scene)).toBe('1\n5\n8\n');
    expect(startsIn(scene).map(({ permit }) => permit)).toMatchObject([
      { kind: 'grant', use: 1, holes: { 'params.shard': 1 } },
      { kind: 'grant', use: 2, holes: { 'params.shard': 5 }, approved_by: ['robin'] },
      { kind: 'grant', use: 3, holes: { 'params.shard': 8 }, approved_by: ['robin'] },
    ]);
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('is used by a run that asks for one itself, where one stands', async () => {
    const scene = openShards();
    await lendShards(scene);
    expect((await startShard(scene, { shard: 2 }, { reuse: 'shards' })).status).toBe('succeeded');
  });

  test('holds for nobody until the run that asked has used it', async () => {
    const scene = openShards();
    await startShard(scene, { shard: 1 }, { reuse: 'shards' });
    await scene.decide(scene.people.robin, 'approve');
    expect((await startShard(scene, { shard: 2 })).status).toBe('waiting');
  });

  test('an ordinary approval holds for its own run alone', async () => {
    const scene = openShards();
    const { run } = await startShard(scene, { shard: 1 });
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    expect((await startShard(scene, { shard: 1 })).status).toBe('waiting');
  });

  test('each try of a retry is a use', async () => {
    const flaky = `
name: shards
params: { shard: { type: integer } }
steps:
  - id: restart
    privileged: true
    exec: [sh, -c, "exit 1", "\${{ params.shard }}"]
    retry: { attempts: 2, delay: 1s }
`;
    const scene = openShards({ runbook: flaky });
    expect((await lendShards(scene)).status).toBe('failed');
    expect((await startShard(scene, { shard: 2 })).status).toBe('waiting');
    expect(startsIn(scene).map(({ permit }) => permit)).toMatchObject([
      { use: 1 },
      { use: 2 },
      { use: 3 },
    ]);
    expect((await verify(scene)).findings).toEqual([]);
  });
});

type Change = (scene: Scene) => unknown;

describe('asks as usual', () => {
  test.each([
    ['a value outside its limits', { shard: 9 }],
    ['another value of a parameter that may not vary', { shard: 2, mode: 'hard' }],
  ])('for %s', async (_, given) => {
    const scene = openShards();
    await lendShards(scene);
    expect((await startShard(scene, given)).status).toBe('waiting');
  });

  test.each<readonly [string, Change]>([
    ['its file changed', (scene) => writeFileSync(join(scene.dir, 'restart.sh'), 'true\n')],
    ['its time is over', (scene) => scene.clock.shift(20 * 60_000)],
    [
      'policy allows fewer uses now',
      (scene) => edit(scene, 'policy', 'max_uses: 3', 'max_uses: 1'),
    ],
    [
      'policy allows a shorter time now',
      (scene) => {
        edit(scene, 'policy', 'for: 20m', 'for: 5m');
        scene.clock.shift(6 * 60_000);
      },
    ],
    ['policy lets less vary now', (scene) => edit(scene, 'policy', 'max: 8', 'max: 4')],
    ['policy lets nothing vary now', (scene) => edit(scene, 'policy', /vary: .*/, 'vary: {}')],
    ['its rule is gone', (scene) => edit(scene, 'policy', 'name: shards', 'name: other')],
    ['its rule no longer matches', (scene) => edit(scene, 'policy', '"restart"', '"other"')],
    [
      'a rule asks for more people now',
      (scene) => {
        scene.trusted.policy += `
rules:
  - name: data
    require: { approvals: [{ id: data, from: [kim] }] }
`;
      },
    ],
    ['who approved it has left', (scene) => edit(scene, 'people', /.*name: robin.*\n/, '')],
  ])('where %s', async (_, change) => {
    const scene = openShards();
    await lendShards(scene);
    change(scene);
    const report = await startShard(scene, { shard: 5 });
    expect(['waiting', 'denied']).toContain(report.status);
    expect(ranIn(scene)).toBe('1\n');
  });

  test('where policy was loosened: what was approved still bounds it', async () => {
    const scene = openShards();
    await lendShards(scene);
    edit(scene, 'policy', 'max_uses: 3', 'max_uses: 30');
    edit(scene, 'policy', 'max: 8', 'max: 80');
    edit(scene, 'policy', 'for: 20m', 'for: 20h');
    expect((await startShard(scene, { shard: 9 })).status).toBe('waiting');
    expect((await startShard(scene, { shard: 2 })).status).toBe('succeeded');
    expect((await startShard(scene, { shard: 3 })).status).toBe('succeeded');
    expect((await startShard(scene, { shard: 4 })).status).toBe('waiting');
  });

  test('where whoever approved it starts or resumes the run', async () => {
    const scene = openShards();
    edit(scene, 'people', 'name: robin,', `name: robin, os_users: [robin@${hostname()}],`);
    await lendShards(scene);
    const by = scene.service(undefined, { osUser: `robin@${hostname()}` });
    expect((await startShard(scene, { shard: 5 }, { by })).status).toBe('waiting');
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('after anybody ended it, an agent too', async () => {
    const scene = openShards();
    await lendShards(scene);
    const [grant] = await scene.service().grants(false);
    expect(grant).toMatchObject({
      state: 'standing',
      uses: 1,
      max_uses: 3,
      approved_by: ['robin'],
    });
    const agent = scene.service(undefined, { agent: 'deploy-bot' });
    const ended = await agent.revokeGrant(grant?.words ?? '', 'shards moved');
    expect(ended).toMatchObject({ state: 'revoked' });
    expect(await scene.service().grants(false)).toEqual([]);
    expect((await startShard(scene, { shard: 5 })).status).toBe('waiting');
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('a stranger ends nothing', async () => {
    const scene = openShards();
    await lendShards(scene);
    const [grant] = await scene.service().grants(false);
    const stranger = scene.service(undefined, { osUser: 'nobody@elsewhere' });
    await expect(stranger.revokeGrant(grant?.request ?? '', null)).rejects.toMatchObject({
      code: 'initiator_unknown',
    });
  });

  test('a clock that is set back gives it no more time', async () => {
    const scene = openShards();
    await lendShards(scene);
    scene.clock.shift(30 * 60_000);
    expect((await startShard(scene, { shard: 5 })).status).toBe('waiting');
    scene.clock.shift(-25 * 60_000);
    await expect(startShard(scene, { shard: 6 })).rejects.toMatchObject({
      code: 'clock_backwards',
    });
    expect(ranIn(scene)).toBe('1\n');
  });
});

describe('before anything runs', () => {
  const withStep = (step: string, params = 'shard: { type: integer }') => `
name: shards
params: { ${params} }
steps:
  - id: restart
    privileged: true
    ${step}
`;

  test.each([
    ['computes with it', withStep('exec: [echo, "${{ params.shard + 1 }}"]'), 'must stand alone'],
    [
      'takes a secret one',
      withStep(
        'exec: [echo]\n    env: { T: "${{ params.shard }}" }',
        'shard: { type: string, secret: true }',
      ),
      'secrets cannot vary',
    ],
    [
      'is given a secret',
      withStep(
        'exec: [echo]\n    env: { T: "${{ params.token }}" }',
        'shard: { type: integer }, token: { type: string, secret: true }',
      ),
      'every run commits to anew',
    ],
  ])('says where an approval could hold for nothing: the step %s', async (_, runbook, words) => {
    const scene = openShards({ runbook });
    const given = runbook.includes('type: string, secret: true }, ')
      ? {}
      : { shard: runbook.includes('shard: { type: string') ? 'a-secret-value' : 1 };
    const asked = { ...given, ...(runbook.includes('token') ? { token: 'a-secret-value' } : {}) };
    await expect(startShard(scene, asked, { reuse: 'shards' })).rejects.toMatchObject({
      code: 'grant_unfit',
      message: expect.stringContaining(words) as string,
    });
  });

  test('says that a value of the run itself lies outside the rule', async () => {
    const scene = openShards();
    await expect(startShard(scene, { shard: 9 }, { reuse: 'shards' })).rejects.toMatchObject({
      code: 'grant_unfit',
    });
  });

  test('says that policy has no such rule', async () => {
    const scene = openShards();
    await expect(startShard(scene, { shard: 1 }, { reuse: 'shard' })).rejects.toMatchObject({
      code: 'grant_unknown',
      hint: 'did you mean `shards`?',
    });
  });
});

test('two runs that race for the last use: one starts, the other asks', async () => {
  const scene = openShards();
  await lendShards(scene);
  await startShard(scene, { shard: 2 });
  const stores = [scene.openStore(), scene.openStore()];
  let waiting = 0;
  let meet = (): void => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  for (const store of stores) {
    const commit = store.commit.bind(store);
    let isFirst = true;
    store.commit = async (input) => {
      if (isFirst && input.commandId.startsWith('start.')) {
        // Both have looked before either has started.
        isFirst = false;
        waiting += 1;
        if (waiting === stores.length) {
          meet();
        }
        await met;
      }
      return commit(input);
    };
  }
  const reports = await Promise.all(
    stores.map((store, at) => startShard(scene, { shard: 3 + at }, { by: scene.service(store) })),
  );
  await Promise.all(stores.map((store) => store.close()));
  expect(reports.map(({ status }) => status).sort()).toEqual(['succeeded', 'waiting']);
  expect(startsIn(scene).map(({ permit }) => permit)).toMatchObject([
    { use: 1 },
    { use: 2 },
    { use: 3 },
  ]);
  expect((await verify(scene)).findings).toEqual([]);
});

function edit(scene: Scene, file: 'policy' | 'people', from: string | RegExp, to: string): void {
  const before = scene.trusted[file];
  scene.trusted[file] = before.replace(from, to);
  expect(scene.trusted[file]).not.toBe(before);
}
