import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import { openSlack } from '../../../src/channels/slack/open-slack.ts';
import { openSlackSocket } from '../../support/slack-socket.ts';
import { openSlackWeb, type SlackWeb } from '../../support/slack-web.ts';

async function examine(
  slack: SlackWeb,
  more = '',
  env: Record<string, string> = {},
  received = false,
) {
  const yaml = `channel: ${slack.channel}\nbot_token: { env: BOT }\napi: "${slack.url}"\n${more}`;
  const reception = openSlack(parseYaml(yaml, 'config.yaml'), {
    clock: systemClock,
    served: false,
    env: { BOT: slack.token, APP: 'xapp-test-token', ...env },
  });
  const checks = await reception.examine(new AbortController().signal, received);
  return {
    failed: checks.filter(({ ok }) => !ok).map(({ name }) => name.replace('Slack: ', '')),
    said: checks.map(({ name, message, hint }) => `${name}: ${message} ${hint ?? ''}`).join('\n'),
  };
}

/** The app is in the channel, as far as Slack says. */
function joined(slack: SlackWeb): void {
  slack.fault = ({ method }) =>
    method === 'conversations.info'
      ? { status: 200, body: { ok: true, channel: { name: 'ops', is_member: true } } }
      : null;
}

test('where all is well every check says so', async () => {
  const slack = await openSlackWeb();
  joined(slack);
  const { failed, said } = await examine(slack);
  expect(failed).toEqual([]);
  expect(said).toContain('works in workspace T0TEAM');
  expect(said).toContain('`#ops`, and the app is in it');
  expect(said).toContain('cards have no buttons');
});

test('a token that Slack does not know stops what rests on it, and says where to get another', async () => {
  const slack = await openSlackWeb();
  const { failed, said } = await examine(slack, '', { BOT: 'xoxb-other' });
  expect(failed).toEqual(['bot token']);
  expect(said).toContain('Slack answers `invalid_auth` api.slack.com/apps');
});

test('missing scopes are named, those for addresses only where they are wanted', async () => {
  const slack = await openSlackWeb();
  joined(slack);
  slack.scopes = 'chat:write,users:read';
  expect((await examine(slack)).failed).toEqual([]);
  const { failed, said } = await examine(slack, 'match_email: true\n');
  expect(failed).toEqual(['scopes']);
  expect(said).toContain('the token lacks users:read.email');
});

test('a channel without the app, or none at all, has its own hint', async () => {
  const slack = await openSlackWeb();
  slack.fault = ({ method }) =>
    method === 'conversations.info'
      ? { status: 200, body: { ok: true, channel: { name: 'ops', is_member: false } } }
      : null;
  expect((await examine(slack)).said).toContain('the app is not in `#ops` in the channel, write');
  slack.fault = () => null;
  const { said } = await examine(slack, 'routes: [{ environment: prod, channel: C0NOWHERE }]\n');
  expect(said).toContain('channel C0NOWHERE: Slack answers `channel_not_found`');
});

test('a signing secret must look like one', async () => {
  const slack = await openSlackWeb();
  joined(slack);
  const more = 'signing_secret: { env: SIGNING }\n';
  expect((await examine(slack, more)).failed).toEqual(['signing secret']);
  expect((await examine(slack, more, { SIGNING: 'xapp-1' })).failed).toEqual(['signing secret']);
  expect((await examine(slack, more, { SIGNING: '0f'.repeat(16) })).failed).toEqual([]);
});

test('the socket is tried, and others that use the same app are counted', async () => {
  const slack = await openSlackWeb();
  joined(slack);
  const socket = await openSlackSocket();
  const port = new URL(socket.apiUrl).port;
  slack.socketUrl = `ws://127.0.0.1:${port}/link?ticket=test`;
  const more = 'app_token: { env: APP }\n';
  try {
    expect((await examine(slack, more)).failed).toEqual([]);
    socket.others = 2;
    const { failed, said } = await examine(slack, more);
    expect(failed).toEqual(['app token and socket']);
    expect(said).toContain('2 other connections use this app');
    slack.socketUrl = null;
    expect((await examine(slack, more)).said).toContain('Socket Mode: on');
  } finally {
    await socket.close();
  }
});
