import { describe, expect, test } from 'vitest';
import { parsePeople } from '../../src/approval/people/people-schema.ts';
import { InvalidFileError } from '../../src/base/problem.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { checkLogin } from '../../src/login/open-logins.ts';
import { type IssuerSettings, parseLogin } from '../../src/login/settings.ts';

function read(text: string): readonly IssuerSettings[] {
  return parseLogin(parseYaml(text, 'config.yaml', 'config_invalid'));
}

/** What is said of a section, as it is printed. */
function problemsOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InvalidFileError) {
      return error.message;
    }
    throw error;
  }
  return '';
}

const one = 'name: Example SSO, issuer: https://login.example.com, client_id: runbook';

describe('login in config.yaml', () => {
  test('names issuers', () => {
    expect(read(`oidc: [{ ${one}, client_secret: { env: SSO }, device: true }]`)).toEqual([
      {
        id: 'example-sso',
        name: 'Example SSO',
        issuer: 'https://login.example.com',
        client: 'runbook',
        secret: { kind: 'env', name: 'SSO' },
        device: true,
      },
    ]);
  });

  test('needs neither a secret nor the device flow', () => {
    expect(read(`oidc: [{ ${one} }]`)).toMatchObject([{ secret: null, device: false }]);
    expect(read('{}')).toEqual([]);
  });

  test.each([
    ['http://login.example.com', 'beyond this machine it must be https'],
    ['login.example.com', 'it is not a URL'],
    ['https://ana@login.example.com', 'more than a host and a path'],
    ['https://login.example.com?tenant=1', 'more than a host and a path'],
    ['https://login.example.com/#x', 'more than a host and a path'],
    ['https://LOGIN.example.com', 'not written as a browser writes it'],
    ['https://login.example.com/a/../b', 'not written as a browser writes it'],
  ])('refuses %s as an issuer', (issuer, why) => {
    expect(problemsOf(`oidc: [{ name: SSO, issuer: "${issuer}", client_id: x }]`)).toContain(why);
  });

  test.each([
    'https://login.example.com/',
    'https://login.example.com/t/v2.0',
    'http://127.0.0.1:9',
  ])('takes %s', (issuer) => {
    expect(read(`oidc: [{ name: SSO, issuer: "${issuer}", client_id: x }]`)).toMatchObject([
      { issuer },
    ]);
  });

  test('refuses the same issuer twice, and two of a name', () => {
    expect(problemsOf(`oidc: [{ ${one} }, { ${one.replace('Example', 'Other')} }]`)).toContain(
      'the issuer `https://login.example.com` stands here twice',
    );
    expect(problemsOf(`oidc: [{ ${one} }, { ${one.replace('login.', 'sso.')} }]`)).toContain(
      'two issuers are named `Example SSO`',
    );
  });

  test.each([
    ['Example SSO', 'example-sso'],
    ['(Login) at ACME, Ltd.', 'login-at-acme-ltd'],
  ])('makes an id of the name %s', (name, id) => {
    expect(read(`oidc: [{ ${one.replace('Example SSO', `"${name}"`)} }]`)).toMatchObject([{ id }]);
  });

  test('takes an id that is given, so that a new name needs no new address', () => {
    expect(read(`oidc: [{ ${one}, id: acme-2 }]`)).toMatchObject([{ id: 'acme-2' }]);
    expect(problemsOf(`oidc: [{ ${one}, id: ../x }]`)).toContain('text such as `example-sso`');
  });

  test('refuses two of an id, and names that make none', () => {
    const other = one.replace('login.', 'sso.').replace('Example SSO', '"example: sso"');
    expect(problemsOf(`oidc: [{ ${one} }, { ${other} }]`)).toContain(
      'two issuers have the id `example-sso`',
    );
    for (const name of ['1Login', '単一', '-']) {
      expect(problemsOf(`oidc: [{ ${one.replace('Example SSO', `"${name}"`)} }]`)).toContain(
        `the name \`${name}\` makes no id`,
      );
    }
  });

  test('refuses keys that it does not know, with the place', () => {
    expect(problemsOf(`oidc:\n  - { ${one}, secrets: x }`)).toMatch(/2:\d+: unknown key `secrets`/);
  });

  test('never repeats a secret that stands there itself', () => {
    const text = `oidc: [{ ${one}, client_secret: hunter2 }]`;
    expect(problemsOf(text)).toContain('must say where the secret is kept');
    expect(problemsOf(text)).not.toContain('hunter2');
    expect(() => checkLogin(parseYaml(text, 'config.yaml', 'config_invalid'))).toThrow(
      InvalidFileError,
    );
  });
});

describe('oidc in people.yaml', () => {
  const people = (oidc: string) =>
    parsePeople(`people: [{ name: ana, oidc: ["${oidc}"] }]`, 'people.yaml').people[0]?.oidc;

  test.each(['https://login.example.com#1', 'https://x/t/v2.0#a|b', 'http://127.0.0.1:9#ana'])(
    'takes %s',
    (identity) => {
      expect(people(identity)).toEqual([identity]);
    },
  );

  test.each([
    'http://login.example.com#1',
    'http://127.0.0.1.example.com:9#1',
    'https://#1',
    'x#1',
  ])('refuses %s', (identity) => {
    expect(() => people(identity)).toThrow(InvalidFileError);
  });
});
