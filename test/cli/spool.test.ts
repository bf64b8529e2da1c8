import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aScene, type Scene } from './scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = aScene();
});
afterEach(() => {
  scene.close();
});

test('looking for requests makes no journal', async () => {
  const { exitCode, stdout } = await scene.run('requests', '--json');
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, { requests: [] }]);
  expect(existsSync(join(scene.dir, 'state'))).toBe(false);
});

test('a spool that is not there is warned about, and makes no journal either', async () => {
  scene.write('config/config.yaml', `channels:\n  spool: { dir: ${scene.dir}/spool }\n`);
  const listed = await scene.run('requests');
  expect([listed.exitCode, listed.stdout]).toEqual([0, '']);
  expect(listed.stderr).toContain('runbook init --system');
  const approved = await scene.run('approve', 'amber-canoe', '--key', 'nobody', '--json');
  expect(approved.exitCode).toBe(2);
  expect(approved.stderr).toContain('request_unknown');
  expect(existsSync(join(scene.dir, 'state'))).toBe(false);
});

test('an account decides nothing in its own journal, and signs nothing', async () => {
  const alone = await scene.run('approve', '--account', '--yes', '--json');
  expect(JSON.parse(alone.stderr)).toMatchObject({ code: 'account_unheard' });
  const both = await scene.run('approve', '--account', '--key', 'robin', '--json');
  expect(JSON.parse(both.stderr)).toMatchObject({ code: 'flags_conflict' });
});
