import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSecret } from '../../../src/base/secret-source.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import { channelFor, parseSlackSettings } from '../../../src/channels/slack/settings.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const parse = (text: string) =>
  parseSlackSettings(parseYaml(text, 'config.yaml', 'config_invalid'));

const least = 'channel: C0123ABCD\nbot_token: { env: SLACK_BOT_TOKEN }\n';

test('a channel and a bot token are enough, and then there are no buttons', () => {
  expect(parse(least)).toEqual({
    channel: 'C0123ABCD',
    routes: [],
    botToken: { kind: 'env', name: 'SLACK_BOT_TOKEN' },
    clicks: { kind: 'none' },
    buttons: 'off',
    matchEmail: false,
    api: 'https://slack.com/api/',
    pingTimeoutMs: 15_000,
  });
});

test('an environment may have a channel of its own', () => {
  const settings = parse(`${least}routes: [{ environment: prod, channel: C0PROD }]\n`);
  expect(channelFor(settings, 'prod')).toBe('C0PROD');
  expect(channelFor(settings, 'demo')).toBe('C0123ABCD');
});

test.each([
  ['an unknown key', `${least}chanel: C1\n`, 'config.yaml:3:1: unknown key `chanel`'],
  ['a channel by its name', least.replace('C0123ABCD', 'ops'), '`channel` must be text such as'],
  [
    'both ways for clicks',
    `${least}app_token: { env: A }\nsigning_secret: { env: S }\n`,
    'exclude each other',
  ],
  ['buttons that nobody hears', `${least}buttons: everywhere\n`, 'needs `app_token`'],
  ['another address for tokens', `${least}api: https://evil.example/api/\n`, 'is for tests'],
  ['a relative file', least.replace('env: SLACK_BOT_TOKEN', 'file: token'), 'absolute path'],
])('%s is an error with its place', (_what, text, words) => {
  expect(() => parse(text)).toThrow(words);
});

test('a token in the file itself is an error that does not repeat it', () => {
  const secret = 'xoxb-1234-abcd';
  const attempt = () => parse(`channel: C0123ABCD\nbot_token: ${secret}\n`);
  expect(attempt).toThrow('the journal keeps the text of this file');
  expect(attempt).not.toThrow(secret);
});

test('a token is read from a file that its owner alone may read', () => {
  const path = join(tempFolder({ token: 'xoxb-1\n' }), 'token');
  const source = { kind: 'file', path } as const;
  expect(() => loadSecret(source, {})).toThrow('its owner alone may read');
  chmodSync(path, 0o600);
  expect(loadSecret(source, {})).toBe('xoxb-1');
});

test('a token that is nowhere is named by where it was looked for', () => {
  expect(() => loadSecret({ kind: 'env', name: 'NOPE' }, {})).toThrow('the variable `NOPE`');
});
