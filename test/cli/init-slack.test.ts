import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSlackWeb } from '../support/slack-web.ts';
import { aScene, type Scene } from './scene.ts';

function openScene(): Scene {
  const scene = aScene();
  onTestFinished(() => scene.close());
  return scene;
}

const fileOf = (scene: Scene, name: string): string =>
  readFileSync(join(scene.dir, 'config', name), 'utf8');

const setUp = ['init', '--no-example', '--person', 'ana', '--slack'];

test('init --slack writes the section and the floor that clicks without a server need, and keeps comments', async () => {
  const scene = openScene();
  await scene.run('init', '--no-example', '--person', 'ana');
  const { exitCode, stdout } = await scene.run(...setUp, '--slack-channel', 'C0123ABCD');
  expect(fileOf(scene, 'config.yaml')).toContain('# default_environment: prod');
  expect(fileOf(scene, 'config.yaml')).toContain(`channels:
  slack:
    channel: C0123ABCD
    bot_token: { env: SLACK_BOT_TOKEN }
    app_token: { env: SLACK_APP_TOKEN }
    buttons: unprotected
`);
  expect(fileOf(scene, 'policy.yaml')).toMatch(
    /\n# .*\(A0\).*\n# .*\nfloor: \{ assurance: A0 \}\n/,
  );
  expect(fileOf(scene, 'policy.yaml')).toContain('# Which steps need whose approval.');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('the variable `SLACK_BOT_TOKEN` holds no secret');
});

test('init --slack makes no example: it is called where a server runs, too', async () => {
  const scene = openScene();
  await scene.run('init', '--person', 'ana', '--slack', '--slack-channel', 'C0123ABCD');
  expect(existsSync(join(scene.dir, 'runbooks'))).toBe(false);
});

test('a second init --slack changes nothing, and says which flags it did not use and where to edit', async () => {
  const scene = openScene();
  await scene.run(...setUp, '--slack-channel', 'C0123ABCD');
  const before = ['config.yaml', 'policy.yaml'].map((name) => fileOf(scene, name));
  const { stderr } = await scene.run(...setUp, '--slack-channel', 'C0OTHER');
  const [, line = ''] =
    /`--slack-channel` not used: .* edit \S+config\.yaml:(\d+)/.exec(stderr) ?? [];
  expect(fileOf(scene, 'config.yaml').split('\n')[Number(line) - 1]).toContain(
    'channel: C0123ABCD',
  );
  expect(['config.yaml', 'policy.yaml'].map((name) => fileOf(scene, name))).toEqual(before);
});

test('a host that serves keeps its floor', async () => {
  const scene = openScene();
  await scene.run('init', '--no-example', '--person', 'ana');
  scene.write('config/config.yaml', 'serve: {}\n');
  await scene.run(...setUp, '--slack-channel', 'C0123ABCD');
  expect(fileOf(scene, 'policy.yaml')).not.toMatch(/^floor:/m);
});

test.each([
  [['--slack-channel', '#ops'], "no channel's id"],
  [['--slack-channel', 'C0A', '--slack-bot-token', 'xoxb-1-2'], 'not the secret'],
  [[], '--slack-channel'],
])('init --slack %j is refused before anything is written for it', async (flags, words) => {
  const scene = openScene();
  const { exitCode, stderr } = await scene.run(...setUp, ...flags);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(words);
  expect(existsSync(join(scene.dir, 'config'))).toBe(false);
});

test('init --slack looks at both sides, a line each', async () => {
  const scene = openScene();
  const slack = await openSlackWeb();
  await scene.run('init', '--no-example', '--person', 'ana');
  scene.write(
    'config/config.yaml',
    `channels: { slack: { channel: ${slack.channel}, bot_token: { env: T }, api: "${slack.url}" } }\n`,
  );
  const { stdout, exitCode } = await scene
    .with({ env: { T: slack.token } })
    .run(...setUp, '--json');
  const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean }[] };
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('bot token'),
      expect.stringContaining('scopes'),
      expect.stringContaining(`channel ${slack.channel}`),
    ]),
  );
  expect(exitCode).toBe(checks.every(({ ok }) => ok) ? 0 : 1);
});

test('the manifest is printed for both ways that clicks can come', async () => {
  const scene = openScene();
  const socket = JSON.parse((await scene.run('init', '--slack', '--manifest')).stdout) as object;
  expect(socket).toMatchObject({
    settings: { socket_mode_enabled: true, interactivity: { is_enabled: true } },
    oauth_config: {
      scopes: { bot: ['chat:write', 'users:read', 'channels:read', 'groups:read', 'commands'] },
    },
  });
  const url = 'https://runbook.example.com/';
  const http = await scene.run('init', '--slack', '--manifest', '--slack-url', url);
  expect(JSON.parse(http.stdout)).toMatchObject({
    settings: {
      socket_mode_enabled: false,
      interactivity: { request_url: 'https://runbook.example.com/slack/interactivity' },
    },
  });
});
