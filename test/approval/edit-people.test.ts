import { describe, expect, test } from 'vitest';
import { addPerson, removePerson } from '../../src/approval/people/edit-people.ts';
import { parsePeople } from '../../src/approval/people/people-schema.ts';
import { aPerson } from './builders.ts';

const file = `# Who may decide. Reviewed every quarter.
people:
  # the first
  - name: ana
    groups: [sre] # on call
    os_users:
      - ana@web1

  # the second
  - name: bob
`;

describe('adding a person', () => {
  test('leaves what stands there as it is', () => {
    expect(
      addPerson(file, aPerson('carol', { groups: ['dba'], agents: ['bot'] })),
    ).toBe(`${file}  - name: carol
    groups:
      - dba
    agents:
      - bot
`);
  });

  test('starts the file where there is none', () => {
    const once = addPerson('', aPerson('ana', { osUsers: ['ana@web1'] }));
    expect(once).toBe('people:\n  - name: ana\n    os_users:\n      - ana@web1\n');
    expect(addPerson('# note\npeople: []\n', aPerson('ana'))).toBe(
      '# note\npeople:\n  - name: ana\n',
    );
  });

  test('who is enrolled adds only what is new', () => {
    const more = aPerson('ana', {
      groups: ['sre', 'dba'],
      osUsers: ['ana@web1'],
      slack: ['T1/U1'],
    });
    expect(addPerson(file, more)).toBe(
      file
        .replace('[sre]', '[sre, dba]')
        .replace('      - ana@web1\n', '      - ana@web1\n    slack:\n      - T1/U1\n'),
    );
    expect(addPerson(file, aPerson('ana', { groups: ['sre'] }))).toBe(file);
  });

  test('whose agent has an account of its own gives it to the agent, and keeps what is said of it', () => {
    const bot = aPerson('ana', { agents: ['bot'], agentUsers: { bot: ['bot@web1'] } });
    const text = 'people:\n  - name: ana\n    agents:\n      - bot # deploys\n';
    const once = addPerson(text, bot);
    expect(once).toBe(
      'people:\n  - name: ana\n    agents:\n      - {id: bot, os_users: [bot@web1]} # deploys\n',
    );
    expect(addPerson(once, bot)).toBe(once);
    const more = aPerson('ana', { agents: ['bot'], agentUsers: { bot: ['bot@web2'] } });
    expect(addPerson(once, more)).toBe(once.replace('bot@web1', 'bot@web1, bot@web2'));
    expect(parsePeople(addPerson('', bot), 'people.yaml').people).toEqual([bot]);
  });

  test("whose account is somebody else's is refused", () => {
    const thief = aPerson('eve', { osUsers: ['ana@web1'] });
    expect(() => addPerson(file, thief)).toThrow('belongs to both `ana` and `eve`');
  });

  test('whose name is none is refused before anything is written', () => {
    expect(() => addPerson(file, aPerson('Eve'))).toThrow('`name` must be');
  });
});

describe('removing a person', () => {
  test('leaves the others and their comments', () => {
    expect(
      parsePeople(removePerson(file, 'bob'), 'people.yaml').people.map((it) => it.name),
    ).toEqual(['ana']);
    expect(removePerson(file, 'bob')).toContain('# on call');
  });

  test('who is not there is answered with the nearest name', () => {
    expect(() => removePerson(file, 'bop')).toThrow(
      expect.objectContaining({ code: 'person_unknown', hint: 'did you mean `bob`?' }),
    );
  });

  test('undoes adding', () => {
    const carol = aPerson('carol', { groups: ['dba'] });
    const before = addPerson(file, aPerson('bob'));
    expect(removePerson(addPerson(before, carol), 'carol')).toBe(before);
  });
});
