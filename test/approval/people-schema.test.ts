import { describe, expect, test } from 'vitest';
import { parsePeople } from '../../src/approval/people/people-schema.ts';
import { InvalidFileError } from '../../src/base/problem.ts';
import { aPerson } from './builders.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO09cHRJy6V9RQJNsT+rYEDjGBwOSBy+ixK6TrFPZxGh';

function problemsOf(text: string): readonly string[] {
  try {
    parsePeople(text, 'people.yaml');
    return [];
  } catch (error) {
    if (error instanceof InvalidFileError && error.code === 'people_invalid') {
      return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
    }
    throw error;
  }
}

describe('a people file', () => {
  test('that is empty enrols nobody', () => {
    expect(parsePeople('', 'people.yaml')).toEqual({ people: [] });
  });

  test("says everything that is a person's own", () => {
    const text = `
people:
  - name: ana
    groups: [sre]
    ssh_keys: ["${key} ana@laptop"]
    os_users: [ana@web1, "CORP\\\\ana@web2"]
    slack: [T01/U01]
    teams: [11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000]
    emails: [ana@example.com]
    oidc: [https://login.example.com#2482]
    agents: [deploy-bot, ci:github/acme/infra]
  - name: bob
`;
    expect(parsePeople(text, 'people.yaml').people).toEqual([
      {
        name: 'ana',
        groups: ['sre'],
        sshKeys: [key],
        osUsers: ['ana@web1', 'CORP\\ana@web2'],
        slack: ['T01/U01'],
        teams: ['11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000'],
        emails: ['ana@example.com'],
        oidc: ['https://login.example.com#2482'],
        agents: ['deploy-bot', 'ci:github/acme/infra'],
        agentUsers: {},
      },
      aPerson('bob'),
    ]);
  });

  test.each([
    ['ssh_keys', `${key} one`, `${key} two`, `ssh:${key}`],
    ['os_users', 'x@web1', 'x@web1', 'os:x@web1'],
    ['slack', 'T1/U1', 'T1/U1', 'slack:T1/U1'],
    ['emails', 'x@example.com', 'x@example.com', 'email:x@example.com'],
    ['agents', 'bot', 'bot', 'agent:bot'],
  ])('refuses %s of two people and names both', (list, one, other, identity) => {
    const text = `people:\n  - { name: ana, ${list}: ["${one}"] }\n  - { name: bob, ${list}: ["${other}"] }\n`;
    expect(problemsOf(text)).toEqual([`3:13 \`${identity}\` belongs to both \`ana\` and \`bob\``]);
  });

  test('says what to do with an account that several share', () => {
    const text =
      'people: [{ name: ana, os_users: [ops@web1] }, { name: bob, os_users: [ops@web1] }]';
    expect(() => parsePeople(text, 'people.yaml')).toThrow(
      'leave it out of `people.yaml`, and they start with `--as NAME`',
    );
  });

  test('refuses two people of one name', () => {
    expect(problemsOf('people: [{ name: ana }, { name: ana }]')).toEqual([
      '1:33 two people have the name `ana`',
    ]);
  });

  test.each([
    ['a name in another script', 'name: аna'],
    ['a name with capitals', 'name: Ana'],
    ['a name that reads as a group', 'name: "group:sre"'],
    ['a name that reads as anyone', 'name: "*"'],
    ['an account without a host', 'name: ana, os_users: [ana]'],
    ['an account with a host in capitals', 'name: ana, os_users: [ana@WEB1]'],
    ['an address with capitals', 'name: ana, emails: [Ana@example.com]'],
    ['an unknown key', 'name: ana, phones: [112]'],
    ['a key that is none', 'name: ana, ssh_keys: [ssh-ed25519 AAAA]'],
    ['an issuer without https', 'name: ana, oidc: ["http://login#1"]'],
  ])('refuses %s', (_, person) => {
    expect(problemsOf(`people: [{ ${person} }]`)).toHaveLength(1);
  });
});

describe('an agent with an account of its own', () => {
  const file = (agents: string, more = '') =>
    `people:\n  - { name: ana, agents: ${agents} }\n${more}`;

  test('is written with it, alone or beside its bare id', () => {
    const agents =
      '[deploy-bot, { id: deploy-bot, os_users: [bot@web1] }, { id: "ci:github/acme/infra", os_users: ["runner@*"] }]';
    expect(parsePeople(file(agents), 'people.yaml').people).toEqual([
      aPerson('ana', {
        agents: ['deploy-bot', 'ci:github/acme/infra'],
        agentUsers: { 'deploy-bot': ['bot@web1'], 'ci:github/acme/infra': ['runner@*'] },
      }),
    ]);
  });

  test.each([
    ["a person's", '  - { name: bob, os_users: [bot@web1] }', '`bob`'],
    [
      "another agent's",
      '  - { name: bob, agents: [{ id: other, os_users: [bot@web1] }] }',
      '`agent:other`',
    ],
    [
      "another agent's on any host",
      '  - { name: bob, agents: [{ id: other, os_users: ["bot@*"] }] }',
      '`agent:other`',
    ],
  ])('shares it with nobody: not when it is %s', (_whose, more, other) => {
    const [problem] = problemsOf(file('[{ id: deploy-bot, os_users: [bot@web1] }]', more));
    expect(problem).toContain('belongs to both `agent:deploy-bot` and ' + other);
  });

  test("does not reach into a person's account by `*`", () => {
    const more = '  - { name: bob, os_users: [bot@web9] }';
    const [problem] = problemsOf(file('[{ id: deploy-bot, os_users: ["bot@*"] }]', more));
    expect(problem).toContain('`os:bot@web9` belongs to both `agent:deploy-bot` and `bob`');
  });

  test('alone may have one on any host', () => {
    expect(problemsOf('people:\n  - { name: bob, os_users: ["bob@*"] }')).toHaveLength(1);
  });
});
