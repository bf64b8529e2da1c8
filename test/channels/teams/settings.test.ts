import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { isService } from '../../../src/channels/teams/api/service-url.ts';
import { parseTeamsSettings, writtenConversation } from '../../../src/channels/teams/settings.ts';

const ids = {
  app_id: '0f0e0d0c-0b0a-4908-8706-050403020100',
  client_secret: { env: 'S' },
  tenants: ['11111111-2222-4333-8444-555555555555'],
};

function read(more: object) {
  return parseTeamsSettings(parseYaml(JSON.stringify({ ...ids, ...more }), 'config.yaml'));
}

function problemOf(more: object): string {
  try {
    read(more);
    return 'none';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test('without more than ids nothing has buttons, and Microsoft is where it is', () => {
  expect(read({})).toMatchObject({
    buttons: 'off',
    conversation: null,
    microsoft: {
      tokenUrl: `https://login.microsoftonline.com/${ids.tenants[0]}/oauth2/v2.0/token`,
      metadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
      serviceUrl: null,
    },
  });
});

test('a card goes where the first route of its environment says, else where all go', () => {
  const settings = read({
    conversation: '19:all@thread.tacv2',
    routes: [
      { environment: 'prod', conversation: '19:prod@thread.tacv2' },
      { environment: 'prod', conversation: '19:never@thread.tacv2' },
    ],
  });
  expect(writtenConversation(settings, 'prod')).toBe('19:prod@thread.tacv2');
  expect(writtenConversation(settings, 'local')).toBe('19:all@thread.tacv2');
});

test('a secret that stands in the file itself is refused, and not repeated', () => {
  const problem = problemOf({ client_secret: 'hunter2~hunter2' });
  expect(problem).toContain('`client_secret` must say where the secret is kept');
  expect(problem).not.toContain('hunter2');
});

describe('what is refused', () => {
  const here = 'http://127.0.0.1:4003/x';
  test.each([
    ['another key', { tenant: 'x' }, 'tenant'],
    ['no tenant', { tenants: [] }, 'tenants'],
    ['a tenant that is a name', { tenants: ['contoso.com'] }, 'tenants'],
    [
      'a thread instead of a channel',
      { conversation: '19:x@thread.tacv2;messageid=1' },
      'conversation',
    ],
    [
      'a service elsewhere',
      { test: { service_url: 'https://evil.example/', metadata_url: here } },
      'service_url',
    ],
    [
      'metadata elsewhere',
      { test: { service_url: here, metadata_url: 'http://10.0.0.1:80/' } },
      'metadata_url',
    ],
    [
      'a token from elsewhere',
      {
        test: {
          service_url: here,
          metadata_url: here,
          token_url: 'http://127.0.0.1.evil.example:1/',
        },
      },
      'token_url',
    ],
    [
      'a test without tokens that does not say so',
      { test: { service_url: here } },
      'unauthenticated',
    ],
    [
      'one that says both',
      { test: { service_url: here, metadata_url: here, unauthenticated: true } },
      'unauthenticated',
    ],
    ['calls without tokens beside Microsoft', { test: { unauthenticated: true } }, 'service_url'],
  ])('%s', (_what, more, named) => {
    expect(problemOf(more)).toContain(named);
  });
});

test.each([
  ['https://smba.trafficmanager.net/emea/', true],
  ['https://smba.infra.gcc.teams.microsoft.com/', true],
  ['http://smba.trafficmanager.net/emea/', false],
  ['https://smba.trafficmanager.net:8443/', false],
  ['https://smba.trafficmanager.net@evil.example/', false],
  ['https://x.smba.trafficmanager.net/', false],
  ['https://evil.trafficmanager.net/', false],
  ['https://teams.microsoft.com.evil.example/', false],
  ['https://evilteams.microsoft.com/', false],
  ['https://smba.trafficmanager.net/?x=1', false],
  ['http://127.0.0.1:1/', false],
  ['nonsense', false],
])('our token may go to %s: %s', (url, allowed) => {
  expect(isService(url, null)).toBe(allowed);
});

test('in a test it goes to that one service, and to Microsoft no more', () => {
  expect(isService('http://127.0.0.1:1/a', 'http://127.0.0.1:1/a')).toBe(true);
  expect(isService('http://127.0.0.1:1/b', 'http://127.0.0.1:1/a')).toBe(false);
  expect(isService('https://smba.trafficmanager.net/emea/', 'http://127.0.0.1:1/a')).toBe(false);
});
