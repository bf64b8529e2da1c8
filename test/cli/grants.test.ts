import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { aScene, type Scene, writeKey } from './scene.ts';

/** One story, told in order. */
const scene: Scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub');
  appendFileSync(
    join(scene.dir, 'config', 'policy.yaml'),
    `
grants:
  - name: shards
    vary: { shard: { type: integer, min: 1, max: 8 } }
    max_uses: 3
    for: 20m
`,
  );
  scene.write(
    'shards.yaml',
    `name: shards
params: { shard: { type: integer } }
steps:
  - id: restart
    privileged: true
    exec: [echo, "\${{ params.shard }}"]
`,
  );
});

const exec = (shard: number, ...more: readonly string[]) =>
  scene.run('exec', './shards.yaml', '-p', `shard=${shard}`, '--no-wait', ...more);

test('a grant is asked for, shown, used by another run, listed and ended', async () => {
  expect(await scene.run('grant', 'list')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'no approval holds for later runs\n',
  });
  const asked = await exec(1, '--grant', 'shards', '--json');
  const { run, requests } = JSON.parse(asked.stdout) as {
    readonly run: string;
    readonly requests: readonly { readonly words: string }[];
  };
  const words = requests[0]?.words ?? '';
  const card = await scene.run('review', words);
  expect(`${card.stdout}${card.stderr}`).toContain('up to 3 uses in 20m');
  expect(`${card.stdout}${card.stderr}`).toContain('shard: whole number from 1 to 8');
  expect(`${card.stdout}${card.stderr}`).toContain('· this run: shard 1\n');
  expect((await scene.run('approve', words, '--key', 'robin.pem')).exitCode).toBe(0);
  expect((await scene.run('resume', run)).exitCode).toBe(0);
  const lent = await exec(5);
  expect(lent.exitCode).toBe(0);
  const under = `under grant ${words}, use 2 of 3, approved by robin`;
  expect(lent.stderr).toContain(`● restart\n  ${under}\n`);
  const later = await scene.run('status');
  expect(later.stdout.replace(/\s+/g, ' ')).toContain(under);
  const { stdout: json } = await scene.run('status', '--json');
  expect(JSON.parse(json)).toMatchObject({
    steps: [{ grant: { words, use: 2, of: 3, approved_by: ['robin'] } }],
  });
  const { stdout } = await scene.run('grant', 'list');
  expect(stdout.replace(/\s+/g, ' ').replace(/in (20m|19m( \d+s)?)/, 'in 20m')).toBe(
    `${words} 1 of 3 uses left, ends in 20m shards/restart in local shards; shard: whole number from 1 to 8; approved by robin `,
  );
  const ended = await scene.run('grant', 'revoke', words, '--reason', 'shards moved');
  expect(ended).toEqual({
    exitCode: 0,
    stdout: `${words} holds for no run any more: shards/restart; shards; shard: whole number from 1 to 8; approved by robin\n`,
    stderr: '',
  });
  expect((await exec(6)).exitCode).toBe(10);
  const verified = await scene.run('audit', 'verify');
  expect(verified.exitCode).toBe(0);
  expect(verified.stdout.replace(/\s+/g, ' ')).toContain(
    'over 2 spawns (2 under an approval, 1 of them lent by other runs)',
  );
});

test('plan says how an approval would hold', async () => {
  const { stdout } = await scene.run('plan', './shards.yaml', '-p', 'shard=1', '--grant', 'shards');
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    ' holds for later runs, too: up to 3 uses in 20m; shard: whole number from 1 to 8; under the rule shards digest ',
  );
});

test('a rule that policy does not have is an error that helps', async () => {
  expect(await exec(1, '--grant', 'shard')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('did you mean `shards`?') as string,
  });
});
