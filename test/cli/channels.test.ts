import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aScene, type Scene } from './scene.ts';

let scene: Scene;

beforeEach(() => {
  scene = aScene();
});

afterEach(() => scene.close());

const runbook = `name: hello
steps:
  - { id: greet, run: echo hello }
`;

test('a token written into config.yaml is refused before the journal could keep it', async () => {
  const token = 'xoxb-1234567890-secret';
  scene.write('runbooks/hello.yaml', runbook);
  scene.write('config/config.yaml', `channels:\n  slack: { channel: C1, bot_token: ${token} }\n`);
  const { exitCode, stderr } = await scene.run('exec', 'hello');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('`bot_token` must say where the secret is kept');
  expect(stderr).not.toContain(token);
  const kept = filesIn(join(scene.dir, 'state')).map((file) => readFileSync(file, 'latin1'));
  expect(kept.join('')).not.toContain(token);
});

test('a channel that nobody has heard of is an error with its place', async () => {
  scene.write('runbooks/hello.yaml', runbook);
  scene.write('config/config.yaml', 'channels:\n  slak: {}\n');
  const { exitCode, stderr } = await scene.run('exec', 'hello');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('config.yaml:2:3');
  expect(stderr).toContain('slack');
});

function filesIn(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
}
