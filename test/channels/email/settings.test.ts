import { expect, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { audienceOf, isAddress, parseEmailSettings } from '../../../src/channels/email/settings.ts';

const read = (text: string) => parseEmailSettings(parseYaml(text, 'config.yaml', 'config_invalid'));

const whole = `from: runbook@example.com
smtp: { host: smtp.example.com, user: runbook, password: { env: SMTP_PASSWORD } }
`;

test('TLS is there unless the server is this machine, and implicit at its own port', () => {
  expect(read(whole).smtp).toEqual({
    host: 'smtp.example.com',
    port: 587,
    tls: 'starttls',
    ca: null,
    login: { user: 'runbook', password: { kind: 'env', name: 'SMTP_PASSWORD' } },
  });
  expect(read('{ from: a@b.example, smtp: { host: mail, port: 465 } }').smtp.tls).toBe('implicit');
  expect(read('{ from: a@b.example, smtp: { host: "::1", tls: off } }').smtp.tls).toBe('off');
  for (const host of ['smtp.example.com', '10.0.0.1', '127.0.0.1.example.com', 'localhost.evil']) {
    expect(() => read(`{ from: a@b.example, smtp: { host: ${host}, tls: off } }`)).toThrow(
      /config\.yaml:1:\d+: `tls: off` would send/,
    );
  }
});

test.each([
  ['no sender', 'smtp: { host: mail }', /`from` is missing/],
  [
    'a sender with a name',
    '{ from: "R <a@b.example>", smtp: { host: mail } }',
    /must be an address/,
  ],
  [
    'two senders',
    '{ from: "a@b.example,c@d.example", smtp: { host: mail } }',
    /must be an address/,
  ],
  [
    'a line that ends',
    '{ from: "a@b.example\\r\\nBcc", smtp: { host: mail } }',
    /must be an address/,
  ],
  [
    'a user without a password',
    '{ from: a@b.example, smtp: { host: mail, user: r } }',
    /stand together/,
  ],
  ['a host with a space', '{ from: a@b.example, smtp: { host: "a b" } }', /`host` must be/],
  [
    'a person in `to`',
    '{ from: a@b.example, smtp: { host: mail }, to: [robin] }',
    /`robin` is neither/,
  ],
  ['nobody in `to`', '{ from: a@b.example, smtp: { host: mail }, to: [] }', /must not be empty/],
  ['an unknown key', '{ from: a@b.example, smtp: { hots: mail } }', /did you mean `host`/],
])('%s is an error with its place', (_what, text, problem) => {
  expect(() => read(text)).toThrow(problem);
  expect(() => read(text)).toThrow('config.yaml:1:');
});

test('a password that stands in the file is refused, and not repeated', () => {
  const text = '{ from: a@b.example, smtp: { host: mail, user: r, password: hunter2 } }';
  expect(() => read(text)).toThrow(/`password` must say where the secret is kept/);
  expect(() => read(text)).not.toThrow(/hunter2/);
});

test('the first route of an environment says who is told, else `to`, else everybody who may decide', () => {
  const routed = read(
    `${whole}to: [ops@example.com]\nroutes: [{ environment: prod, to: [group:sre] }]\n`,
  );
  expect(audienceOf(routed, 'prod')).toEqual({ groups: ['sre'], addresses: [] });
  expect(audienceOf(routed, 'test')).toEqual({ groups: [], addresses: ['ops@example.com'] });
  expect(audienceOf(read(whole), 'prod')).toBeNull();
});

test.each(['a@b', 'ana+x@example.com', "o'neil@mail.example"])('%s is an address', (address) => {
  expect(isAddress(address)).toBe(true);
});

test.each([
  'a@b>',
  '<a@b>',
  'a@b,c@d',
  'a b@c',
  'a@b\n',
  'a@b\r\nRCPT TO:<x@y>',
  '"a"@b',
  'a@[127.0.0.1]',
  '@b',
  'a@',
  'a@-',
  'ä@b',
  'a@b\0',
])('%j is none that a mail can go to', (address) => {
  expect(isAddress(address)).toBe(false);
});
