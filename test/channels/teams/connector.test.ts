import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { openConnector } from '../../../src/channels/teams/api/connector.ts';
import { isService } from '../../../src/channels/teams/api/service-url.ts';
import { openAppToken } from '../../../src/channels/teams/api/token.ts';
import { appId, clientSecret, openTeamsIssuer } from '../../support/teams-issuer.ts';
import { openTeamsService, type ServiceAnswer } from './service.ts';

async function openDesk({ secret = clientSecret, patienceMs = 5_000 } = {}) {
  const [service, issuer] = await Promise.all([openTeamsService(), openTeamsIssuer()]);
  let offsetMs = 0;
  const clock = {
    now: () => ({ ...systemClock.now(), wallMs: systemClock.now().wallMs + offsetMs }),
  };
  const api = openConnector({
    clock,
    token: openAppToken({ url: issuer.tokenUrl, appId, secret, clock }),
    isService: (url) => isService(url, service.url),
    patienceMs,
    paceMs: 0,
  });
  const to = { service_url: service.url, conversation: '19:ops@thread.tacv2' };
  const shift = (ms: number): void => {
    offsetMs += ms;
  };
  return { service, issuer, api, to, shift };
}

const hello = { type: 'message', text: 'hello' };

describe('the token', () => {
  test('is asked for once, for all who wait, and again shortly before it expires', async () => {
    const { api, to, issuer, service, shift } = await openDesk();
    await Promise.all([api.post(to, hello), api.post(to, hello), api.authenticate()]);
    expect(issuer.issued).toHaveLength(1);
    shift(54 * 60_000);
    await api.post(to, hello);
    expect(issuer.issued).toHaveLength(1);
    shift(2 * 60_000);
    await api.post(to, hello);
    expect(service.calls.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-0',
      'Bearer token-0',
      'Bearer token-0',
      'Bearer token-1',
    ]);
  });

  test('that is refused is changed once, and no more', async () => {
    const { api, to, issuer, service } = await openDesk();
    const refuse = { status: 401, body: {} };
    service.fault = ({ authorization }) => (authorization === 'Bearer token-0' ? refuse : null);
    await api.post(to, hello);
    expect(issuer.issued).toHaveLength(2);
    service.fault = () => refuse;
    await expect(api.post(to, hello)).rejects.toMatchObject({ code: 'http_401', passing: false });
    expect(issuer.issued).toHaveLength(3);
  });

  test('with a wrong secret is none, which time does not mend, and nothing is sent', async () => {
    const { api, to, service } = await openDesk({ secret: 'wrong' });
    await expect(api.post(to, hello)).rejects.toMatchObject({
      code: 'invalid_client',
      passing: false,
    });
    expect(service.calls).toEqual([]);
  });

  test('is asked for again after Microsoft was away', async () => {
    const { api, to, issuer } = await openDesk();
    issuer.fault = { status: 503, body: {} };
    await expect(api.post(to, hello)).rejects.toMatchObject({ code: 'http_503', passing: true });
    issuer.fault = null;
    await api.post(to, hello);
  });

  test('goes to no other service', async () => {
    const { api, to, service, issuer } = await openDesk();
    for (const service_url of ['http://127.0.0.1:9/', `${service.url}x`, 'https://evil.example/']) {
      await expect(api.post({ ...to, service_url }, hello)).rejects.toMatchObject({
        code: 'service_not_allowed',
      });
    }
    expect([service.calls, issuer.issued]).toEqual([[], []]);
  });

  test('stands in no error', async () => {
    const { api, to, service } = await openDesk();
    service.fault = ({ authorization }) => ({ status: 400, body: authorization });
    const error: unknown = await api.post(to, hello).catch((thrown: unknown) => thrown);
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('token-0');
  });
});

describe('what Teams answers', () => {
  test.each<[string, ServiceAnswer | 'cut', object]>([
    [
      'a code of its own',
      { status: 403, body: { error: { code: 'BotNotInConversationRoster' } } },
      { code: 'BotNotInConversationRoster', passing: false },
    ],
    ['an outage', { status: 503, body: '<html>' }, { code: 'http_503', passing: true }],
    ['a change in between', { status: 412, body: {} }, { code: 'http_412', passing: true }],
    [
      'a redirect, which is not followed',
      { status: 302, headers: { location: 'https://evil.example/' } },
      { code: 'http_302', passing: false },
    ],
    [
      'nothing of what it promises',
      { status: 201, body: {} },
      { code: 'answer_unreadable', passing: true },
    ],
    [
      'more than anybody reads',
      { status: 201, body: { id: 'x'.repeat(300_000) } },
      { code: 'answer_unreadable', passing: true },
    ],
    ['no more', 'cut', { code: 'unreachable', passing: true }],
  ])('%s', async (_what, answer, expected) => {
    const { api, to, service } = await openDesk();
    service.fault = () => answer;
    await expect(api.post(to, hello)).rejects.toMatchObject({ name: 'ChatError', ...expected });
  });

  test('a rate limit is waited out where it is short', async () => {
    const { api, to, service } = await openDesk();
    const limited = { status: 429, headers: { 'retry-after': '1' } };
    service.fault = () => (service.calls.length === 1 ? limited : null);
    await api.post(to, hello);
    expect(service.calls).toHaveLength(2);
  });

  test('a rate limit that is long is not, and nothing is sent until it is over', async () => {
    const { api, to, service } = await openDesk({ patienceMs: 100 });
    service.fault = () => ({ status: 429, headers: { 'retry-after': '60' } });
    for (const _ of [1, 2]) {
      await expect(api.post(to, hello)).rejects.toMatchObject({
        code: 'rate_limited',
        passing: true,
      });
    }
    expect(service.calls).toHaveLength(1);
  });
});

test('a reply stands below a post in a channel, and after a message in a chat', async () => {
  const { api, to, service } = await openDesk();
  await api.reply({ ...to, activity: '1' }, hello);
  await api.reply({ ...to, conversation: 'a:1', activity: '2' }, hello);
  expect(service.calls.map(({ path }) => decodeURIComponent(path))).toEqual([
    '/emea/v3/conversations/19:ops@thread.tacv2;messageid=1/activities/1',
    '/emea/v3/conversations/a:1/activities/2',
  ]);
});
