import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { InvalidFileError } from '../../src/base/problem.ts';
import { object } from '../../src/base/yaml-collections.ts';
import { text as scalarText } from '../../src/base/yaml-scalars.ts';
import { checkDocument } from '../../src/base/yaml-schema.ts';
import { environmentOf, parseConfig } from '../../src/policy/config.ts';

const parse = (text: string) => parseConfig(text, 'config.yaml');

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof InvalidFileError && error.code === 'config_invalid') {
      return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
    }
    throw error;
  }
}

describe('a config file', () => {
  test('that is empty has the local environment alone', () => {
    const config = parse('');
    expect(config).toEqual({
      environments: {},
      defaultEnvironment: 'local',
      trustedFolders: [],
      channels: null,
      sinks: null,
      keys: null,
      serve: null,
      login: null,
      server: null,
      keepMs: 30 * 86_400_000,
    });
    expect(environmentOf(config, null)).toEqual({
      name: 'local',
      vars: {},
      protected: false,
      hosts: null,
    });
  });

  test('describes environments', () => {
    const config = parse(`
default_environment: prod
trusted_folders: [/srv/runbooks]
environments:
  prod:
    protected: true
    hosts: [api.example.com, "db.example.com:5432"]
    vars: { api: "https://api.example.com", replicas: 3 }
  staging: {}
`);
    expect(config.trustedFolders).toEqual(['/srv/runbooks']);
    expect(environmentOf(config, null)).toEqual({
      name: 'prod',
      vars: { api: 'https://api.example.com', replicas: 3 },
      protected: true,
      hosts: ['api.example.com', 'db.example.com:5432'],
    });
    expect(environmentOf(config, 'staging')).toMatchObject({ protected: false, hosts: null });
    expect(environmentOf(config, 'local').name).toBe('local');
  });

  test('that lists no hosts of a protected environment allows none', () => {
    const config = parse('environments: { prod: { protected: true } }');
    expect(environmentOf(config, 'prod').hosts).toEqual([]);
  });

  test('may protect the local environment too', () => {
    const config = parse('environments: { local: { protected: true } }');
    expect(environmentOf(config, null)).toMatchObject({ protected: true, hosts: [] });
  });

  test("keeps the brands' sections for them, with their places", () => {
    const { channels } = parse('keys: 1\nchannels:\n  slack: { token: 7 }\n');
    expect(channels).not.toBeNull();
    const schema = object({ slack: object({ token: scalarText() }) });
    expect(() => channels && checkDocument(schema, channels)).toThrow('config.yaml:3:19');
  });

  test.each([
    ['an unknown key', 'enviroments: {}', '1:1 unknown key `enviroments`'],
    ['a relative folder', 'trusted_folders: [runbooks]', 'must be an absolute path'],
    ['a folder with a way out', 'trusted_folders: [/srv/../etc]', 'must be an absolute path'],
    ['a default that is no environment', 'default_environment: prod', 'which is no environment'],
    ['an environment name with a blank', 'environments: { "a b": {} }', 'cannot be a name'],
    ['a prototype for an environment', 'environments: { __proto__: {} }', 'cannot be a name'],
    ['a host with a path', 'environments: { a: { hosts: [example.com/x] } }', '`hosts[0]` must be'],
  ])('refuses %s', (_, text, message) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(message)]);
  });
});

test('an unknown environment is answered with the nearest one', () => {
  const config = parse('environments: { production: {} }');
  const ask = (name: string) => () => environmentOf(config, name);
  expect(ask('prodution')).toThrow(UsageError);
  expect(ask('prodution')).toThrow(expect.objectContaining({ hint: 'did you mean `production`?' }));
  expect(ask('constructor')).toThrow(
    expect.objectContaining({ hint: 'known in `config.yaml`: production, local' }),
  );
});

test('a config file says how long runs stay whole', () => {
  expect(parse('retention: { keep: 90d }').keepMs).toBe(90 * 86_400_000);
  expect(parse('retention: {}').keepMs).toBe(30 * 86_400_000);
  expect(() => parse('retention: { keep: 90 }')).toThrow(/duration/);
});
