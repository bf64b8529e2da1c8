import { describe, expect, test } from 'vitest';
import { RunbookError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { readServeSettings, type ServeFlags } from '../../src/server/settings.ts';

function settings(text: string, flags: ServeFlags = {}) {
  return readServeSettings(parseConfig(text, 'config.yaml').serve, flags);
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return error instanceof RunbookError
      ? `${error.code}: ${error.message} ${error.hint}`
      : 'other';
  }
}

test('nothing written is loopback, without TLS, within limits', () => {
  expect(settings('')).toMatchObject({
    listen: { host: '127.0.0.1', port: 7878 },
    tls: null,
    url: null,
    workers: 16,
    rate: { perMinute: 600 },
    bodyLimit: 1024 * 1024,
    graceMs: 30_000,
  });
});

test('an empty section says the same as none', () => {
  expect(settings('serve: {}')).toEqual(settings(''));
});

test('the file is read, and flags go before it', () => {
  const text = `serve:
  listen: "[::1]:80"
  url: https://runbook.example.com/
  tls: { cert: /c.pem, key: /k.pem }
  workers: 3
  rate: { per_minute: 60 }
  body_limit: 4096
  grace: 5s
`;
  expect(settings(text)).toMatchObject({
    listen: { host: '::1', port: 80 },
    tls: { cert: '/c.pem', key: '/k.pem' },
    url: 'https://runbook.example.com',
    workers: 3,
    rate: { perMinute: 60, burst: 10 },
    bodyLimit: 4096,
    graceMs: 5000,
  });
  const flags = { listen: '0.0.0.0:0', tlsCert: 'a', tlsKey: 'b', url: 'http://x' };
  expect(settings(text, flags)).toMatchObject({
    listen: { host: '0.0.0.0', port: 0 },
    tls: { cert: 'a', key: 'b' },
    url: 'http://x',
  });
});

describe('without TLS', () => {
  test.each(['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1'])('%s is fine', (listen) => {
    expect(settings('', { listen }).tls).toBeNull();
  });

  test.each(['0.0.0.0:1', '[::]:1', '192.0.2.1:1', 'runbook.example.com:1', '127.evil.example:1'])(
    '%s takes TLS or a word of its own',
    (listen) => {
      const said = codeOf(() => settings('', { listen }));
      expect(said).toMatch(/^tls_missing: .*--tls-cert.*--allow-plain-http/);
      expect(settings('', { listen, allowPlainHttp: true }).listen.port).toBe(1);
    },
  );
});

test.each([
  [{ listen: '7878' }, 'listen_invalid'],
  [{ listen: 'a b:1' }, 'listen_invalid'],
  [{ listen: '127.0.0.1:70000' }, 'listen_invalid'],
  [{ url: 'runbook.example.com' }, 'url_invalid'],
  [{ url: 'https://a.example/path' }, 'url_invalid'],
  [{ url: 'https://ana@a.example' }, 'url_invalid'],
  [{ url: 'ftp://a.example' }, 'url_invalid'],
  [{ tlsCert: 'a' }, 'tls_incomplete'],
  [{ tlsKey: 'a' }, 'tls_incomplete'],
])('%o is %s', (flags, code) => {
  expect(codeOf(() => settings('', flags))).toContain(`${code}: `);
});

test.each([
  ['serve: { lisen: "127.0.0.1:1" }', 'config.yaml:1:10', 'listen'],
  ['serve: { listen: 7878 }', 'config.yaml:1:18', 'listen'],
  ['serve: { url: nowhere }', 'config.yaml:1:15', 'url'],
  ['serve: { tls: { cert: a } }', 'config.yaml:1', 'key'],
  ['serve: { grace: 30 }', 'config.yaml:1:17', '30s'],
])('%s is an error with its place', (text, place, word) => {
  const said = codeOf(() => settings(text));
  expect(said).toContain('config_invalid');
  expect(said).toContain(place);
  expect(said).toContain(word);
});
