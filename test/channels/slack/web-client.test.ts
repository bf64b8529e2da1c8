import { expect, test } from 'vitest';
import { openSlackApi } from '../../../src/channels/slack/api/web-client.ts';
import { openSlackWeb, type SlackWeb } from '../../support/slack-web.ts';

const divider = [{ type: 'divider' }];

function clientOf(
  slack: SlackWeb,
  more: { token?: string; patienceMs?: number; paceMs?: number } = {},
) {
  return openSlackApi({
    token: slack.token,
    url: slack.url,
    patienceMs: 3_000,
    paceMs: 0,
    ...more,
  });
}

test('the client knows who it is: workspace, app and scopes', async () => {
  const slack = await openSlackWeb();
  expect(await clientOf(slack).whoAmI()).toMatchObject({
    team: slack.team,
    app: 'A0RUNBOOK',
    scopes: ['chat:write', 'users:read', 'channels:read', 'groups:read'],
  });
});

test('a message is posted, answered and rewritten', async () => {
  const slack = await openSlackWeb();
  const api = clientOf(slack);
  const place = await api.post({ channel: slack.channel, text: 'one', blocks: divider });
  await api.post({ channel: slack.channel, text: 'reply', blocks: divider, thread: place.ts });
  await api.update(place, { text: 'two', blocks: divider });
  expect((await slack.messages()).map(({ text }) => text)).toEqual(['two']);
  expect((await slack.thread(place.ts)).map(({ text }) => text)).toEqual(['reply']);
});

test('what only one person sees is no markup, whatever it says', async () => {
  const slack = await openSlackWeb();
  const text = '<!here> *x* & :skull:';
  await clientOf(slack).whisper({ channel: slack.channel, user: slack.user('admin'), text });
  expect(slack.problems).toEqual([]);
});

test('a user has the facts that decide whether a click counts', async () => {
  const slack = await openSlackWeb();
  const id = slack.user('ana');
  slack.facts.set(id, { is_ultra_restricted: true, is_stranger: true, is_email_confirmed: false });
  expect(await clientOf(slack).user(id)).toMatchObject({
    id,
    team: slack.team,
    guest: true,
    stranger: true,
    bot: false,
    deleted: false,
    email: null,
  });
});

test('an address counts in lower case, and only once it was confirmed', async () => {
  const slack = await openSlackWeb();
  const id = slack.user('robin');
  slack.facts.set(id, { profile: { email: 'Robin@Example.com' } });
  expect((await clientOf(slack).user(id)).email).toBe('robin@example.com');
});

test.each([
  ['a 503', { status: 503 }, 'http_503', true],
  ['a page of HTML', { status: 200, body: '<html>' }, 'unreachable', true],
  ['a cut connection', 'cut', 'unreachable', true],
  [
    "an error of Slack's own",
    { status: 200, body: { ok: false, error: 'internal_error' } },
    'internal_error',
    true,
  ],
  [
    'a refusal',
    { status: 200, body: { ok: false, error: 'not_in_channel' } },
    'not_in_channel',
    false,
  ],
  [
    'a rate limit without end',
    { status: 429, headers: { 'retry-after': '600' } },
    'rate_limited',
    true,
  ],
] as const)('%s is told as it is', async (_what, fault, code, passing) => {
  const slack = await openSlackWeb();
  slack.fault = () => fault;
  await expect(clientOf(slack).channel(slack.channel)).rejects.toMatchObject({
    name: 'ChatError',
    code,
    passing,
  });
  expect(slack.calls).toHaveLength(1);
});

test('a rate limit that passes soon is waited out', async () => {
  const slack = await openSlackWeb();
  let limited = 1;
  slack.fault = () => (limited-- > 0 ? { status: 429, headers: { 'retry-after': '1' } } : null);
  await clientOf(slack).post({ channel: slack.channel, text: 'x', blocks: divider });
  expect(slack.count('chat.postMessage')).toBe(2);
});

test('while Slack wants to be left alone, it is not even asked', async () => {
  const slack = await openSlackWeb();
  slack.fault = () => ({ status: 429, headers: { 'retry-after': '600' } });
  const api = clientOf(slack);
  await expect(api.channel(slack.channel)).rejects.toMatchObject({ code: 'rate_limited' });
  await expect(api.channel(slack.channel)).rejects.toMatchObject({ code: 'rate_limited' });
  expect(slack.calls).toHaveLength(1);
});

test('no error holds the token', async () => {
  const slack = await openSlackWeb();
  const token = 'xoxb-very-secret';
  const error: unknown = await clientOf(slack, { token })
    .whoAmI()
    .catch((it: unknown) => it);
  expect(error).toMatchObject({ code: 'invalid_auth', passing: false });
  expect(JSON.stringify([String(error), error, (error as Error).stack])).not.toContain(token);
});

test('messages to one channel leave a second apart, and others do not wait for them', async () => {
  const slack = await openSlackWeb();
  const api = clientOf(slack, { paceMs: 300 });
  const times: { channel: string | undefined; at: number }[] = [];
  slack.fault = ({ args }) => {
    times.push({ channel: args['channel'], at: performance.now() });
    return null;
  };
  await Promise.all(
    [slack.channel, slack.channel, slack.otherChannel].map((channel) =>
      api.post({ channel, text: 'x', blocks: divider }),
    ),
  );
  expect(times.map(({ channel }) => channel).at(-1)).toBe(slack.channel);
});
