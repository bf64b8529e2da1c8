import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { problemsOf } from './problems.ts';

describe('a policy file', () => {
  test('that is empty asks one other person for every privileged step', () => {
    const floor = {
      assurance: 'A1',
      pendingMs: 1_800_000,
      unusedMs: 600_000,
      remote: null,
      control: 'dual',
    };
    const empty = { floor, lists: {}, calendars: {}, rules: [], grants: [], breakGlass: [] };
    expect(parsePolicy('', 'policy.yaml')).toEqual(empty);
    expect(parsePolicy('# nothing yet\n', 'policy.yaml')).toEqual(empty);
  });

  test('reads as it is written', () => {
    const text = `
floor: { assurance: A0, pending: 1h }
rules:
  - name: production data needs its owner's own signature
    when: environment.name == "prod" && "data" in step.tags
    require:
      approvals:
        - { id: peer, count: 2, from: [group:sre] }
        - { id: owner, from: [carol, group:data_owners], assurance: A3, presence: false }
      reason: true
      pending: 2h
  - name: agents do not export data at weekends
    when: initiator.kind == "agent" && now.getDayOfWeek("Europe/Berlin") in [0, 6]
    deny: ask a person, or wait for Monday
`;
    expect(parsePolicy(text, 'policy.yaml')).toMatchObject({
      floor: { assurance: 'A0', pendingMs: 3_600_000, unusedMs: 600_000 },
      rules: [
        {
          name: "production data needs its owner's own signature",
          when: 'environment.name == "prod" && "data" in step.tags',
          require: {
            approvals: [
              { id: 'peer', count: 2, from: ['group:sre'], assurance: null, presence: null },
              {
                id: 'owner',
                count: 1,
                from: ['carol', 'group:data_owners'],
                assurance: 'A3',
                presence: false,
              },
            ],
            reason: true,
            pendingMs: 7_200_000,
            unusedMs: null,
          },
          deny: null,
        },
        {
          name: 'agents do not export data at weekends',
          when: 'initiator.kind == "agent" && now.getDayOfWeek("Europe/Berlin") in [0, 6]',
          require: null,
          deny: 'ask a person, or wait for Monday',
        },
      ],
    });
  });

  test('refuses unknown keys and suggests the right one', () => {
    expect(problemsOf('floor: { asurance: A1 }\n')).toEqual([
      '1:10 unknown key `asurance` | did you mean `assurance`?',
    ]);
  });

  test('knows no rule that allows', () => {
    expect(problemsOf('rules:\n  - { name: a, allow: true }\n')).toEqual([
      '2:7 rule `a` must have exactly one of `require` and `deny` | a rule can only ask for more; write `require` or `deny`',
      '2:16 unknown key `allow` | known here: name, when, during, outside, require, deny, override',
    ]);
  });

  test('refuses a rule that requires and denies', () => {
    const [problem] = problemsOf('rules:\n  - { name: a, require: {}, deny: no }\n');
    expect(problem).toContain('exactly one of `require` and `deny`');
  });

  test('refuses two rules of one name and two slots of one id', () => {
    const twice = 'rules:\n  - { name: a, deny: no }\n  - { name: a, deny: never }\n';
    expect(problemsOf(twice)).toEqual(['3:13 two entries of `rules` have the name `a`']);
    const slots = `rules:
  - name: a
    require:
      approvals:
        - { id: x, from: [bob] }
        - { id: x, from: [carol] }
`;
    expect(problemsOf(slots)).toEqual(['6:17 two entries of `require` have the id `x`']);
  });

  test('points into an expression that is wrong', () => {
    const when = (source: string) =>
      problemsOf(`rules:\n  - { name: a, deny: no, when: ${source} }\n`);
    expect(when('environment.nme == "prod"')).toEqual([
      '2:44 `when`: `environment` has no `nme` | did you mean `name`?',
    ]);
    expect(when('step.id')).toEqual(['2:32 `when`: the result must be bool, but is string']);
    expect(when('"step.name.matches(\'x\')"')[0]).toContain('`matches` is not available');
    expect(when('secrets.token == "x"')[0]).toContain('unknown name `secrets`');
  });

  test('refuses a slot that says who may fill it in another way', () => {
    const from = (who: string) =>
      problemsOf(`rules: [{ name: a, require: { approvals: [{ id: x, from: [${who}] }] } }]`);
    expect(from('group:sre, ana, "*"')).toEqual([]);
    for (const who of ['role:sre', 'group:', '@sre', '"group:sre, ana"', 'Ana', '"**"', '!!null']) {
      expect(from(who), who).not.toEqual([]);
    }
    expect(from('')).toEqual(['1:58 `from` must not be empty']);
  });

  test('refuses to demand a touch where nothing could prove one', () => {
    const text =
      'rules: [{ name: a, require: { approvals: [{ id: x, from: [ana], presence: true }] } }]';
    expect(problemsOf(text)).toEqual(['1:45 `presence: true` needs `assurance: A3` beside it']);
  });

  test.each([
    ['a bare number', 'floor: { pending: 30 }'],
    ['no time at all', 'floor: { unused: 0s }'],
    ['more than a month', 'floor: { unused: 31d }'],
  ])('refuses a limit of %s', (_, text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  test('refuses a count of nobody', () => {
    const text = 'rules: [{ name: a, require: { approvals: [{ id: x, count: 0, from: [ana] }] } }]';
    expect(problemsOf(text)).toEqual([
      '1:59 `count` must be a whole number from 1 up to 20, not the number 0',
    ]);
  });

  test('does not take an empty key for an absent one', () => {
    expect(problemsOf('rules: [{ name: a, when: , deny: no }]')).toHaveLength(1);
    expect(problemsOf('floor:\n')).toHaveLength(1);
  });
});
