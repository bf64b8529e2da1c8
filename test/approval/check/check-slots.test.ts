import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBreakGlass } from '../../../src/approval/check/check-break-glass.ts';
import { checkNames } from '../../../src/approval/check/check-names.ts';
import { checkSlots } from '../../../src/approval/check/check-slots.ts';
import { slotsFor, startersOf } from '../../../src/approval/check/slots-for.ts';
import type { People } from '../../../src/approval/people/people.ts';
import { tally } from '../../../src/approval/tally/tally.ts';
import { checkRules } from '../../../src/policy/check/check-rules.ts';
import { assurances, type Policy } from '../../../src/policy/policy.ts';
import { parsePolicy } from '../../../src/policy/schema/schema.ts';
import { aDecision, aPerson, aTally } from '../builders.ts';

const key = ['ssh-ed25519 AAAA'];
const touch = ['sk-ssh-ed25519@openssh.com AAAA'];
const people: People = {
  people: [
    aPerson('ana', { groups: ['sre'], sshKeys: key, agents: ['bot'] }),
    aPerson('bob', { groups: ['sre'], sshKeys: key }),
    aPerson('carol', { groups: ['owners'] }),
    aPerson('dan', { groups: ['owners'], sshKeys: touch }),
  ],
};

function check(text: string, among: People = people): readonly string[] {
  const policy = parsePolicy(text, 'policy.yaml');
  const known = { environments: [], people: among.people.map(({ name }) => name) };
  const { tables } = checkRules(policy, known, 0);
  return checkSlots(policy, among, tables).map(
    ({ kind, rule, message }) => `${kind} ${rule ?? ''}: ${message}`,
  );
}

const asking = (slots: string, more = '') =>
  `rules: [{ name: a${more}, require: { approvals: [${slots}] } }]`;

describe('policy check says of slots', () => {
  test('that a group has too few people', () => {
    expect(check(asking('{ id: x, count: 3, from: [group:sre] }'))).toEqual([
      'slot_unfillable a: slot `a/x` needs 3 approvals from `group:sre`, but 2 people are eligible: `ana`, `bob`',
    ]);
  });

  test('nothing of an agent that starts a run where a rule is to be lifted: it may not ask', () => {
    const lift = 'override: { approvals: [{ id: x, from: [ana] }] }';
    const [said, ...more] = check(`rules: [{ name: a, deny: no, ${lift} }]`);
    expect(said).toContain('when `ana` starts the run');
    expect(more).toEqual([]);
  });

  test('who leaves too few behind by starting a run', () => {
    expect(check(asking('{ id: x, count: 2, from: [group:sre] }'))).toEqual([
      'slot_unfillable_for a: when `ana` or `bob` or an agent of `ana` starts the run: slot `a/x` needs 2 approvals from `group:sre`, but 1 person is eligible: `bob`',
    ]);
  });

  test('only who can start it where a rule matches', () => {
    const text = asking(
      '{ id: x, count: 2, from: [group:sre] }',
      ', when: \'initiator.kind == "agent"\'',
    );
    expect(check(text)).toEqual([
      expect.stringContaining('slot_unfillable_for a: when an agent of `ana` starts the run'),
    ]);
  });

  test('that nobody has a key', () => {
    expect(check(asking('{ id: x, from: [carol], assurance: A3 }'))).toEqual([
      expect.stringContaining('0 of 1 eligible person can give one'),
    ]);
    expect(check(asking('{ id: x, from: [carol, ana], assurance: A1 }'))).toEqual([]);
  });

  test('that nobody has a security key', () => {
    const text = (from: string) =>
      asking(`{ id: x, from: [${from}], assurance: A3, presence: true }`);
    expect(check(text('"group:sre"'))).toEqual([
      expect.stringContaining('with a security key, which alone proves a touch'),
    ]);
    expect(check(text('dan'))).toEqual([
      expect.stringContaining('slot_unfillable_for a: when `dan` starts the run'),
    ]);
  });

  test('that the same people stand in both of two rules', () => {
    const two = (when: string) => `rules:
  - { name: a, require: { approvals: [{ id: x, from: [group:owners] }] } }
  - { name: b, ${when}require: { approvals: [{ id: x, count: 2, from: [group:owners] }] } }`;
    expect(check(two(''))).toContainEqual(
      expect.stringContaining(
        'slots_compete b: together with `a`: slots `a/x` and `b/x` need 3 different people, but have 2',
      ),
    );
    expect(check(two('when: "false", ')).some((line) => line.startsWith('slots_compete'))).toBe(
      false,
    );
  });

  test('nothing of lists: nobody knows what they will answer', () => {
    const text = `lists: { oncall: { file: /etc/oncall } }\n${asking('{ id: x, count: 2, from: [list:oncall] }')}`;
    expect(check(text)).toEqual([]);
  });

  test('that nobody can lift a denial', () => {
    const text =
      'rules: [{ name: a, deny: no, override: { approvals: [{ id: x, from: [carol], assurance: A3 }] } }]';
    expect(check(text)).toEqual([expect.stringContaining('slot_unfillable a')]);
  });
});

test('policy check names groups that nobody is in, and people whom nobody is', () => {
  const policy = parsePolicy(
    `rules: [{ name: a, require: { approvals: [{ id: x, from: [group:sri, bob], escalate: [{ after: 10m, to: [zoe] }] }], any: [[{ id: y, from: [carl] }], [{ id: z, from: ["*"] }]] } }]
break_glass: [{ name: g, from: [group:none], review: { from: [ana], within: 1d } }]`,
    'policy.yaml',
  );
  expect(checkNames(policy, people)).toMatchObject([
    { path: ['rules', 0, 'require', 'approvals', 0, 'from', 0], hint: 'did you mean `group:sre`?' },
    { path: ['rules', 0, 'require', 'approvals', 0, 'escalate', 0, 'to', 0] },
    { path: ['rules', 0, 'require', 'any', 0, 0, 'from', 0] },
    { rule: 'g', path: ['break_glass', 0, 'from', 0], message: 'nobody is in `group:none`' },
  ]);
});

test('policy check says of break-glass who can break it, and who is left to review it', () => {
  const found = (from: string, review: string) =>
    checkBreakGlass(
      parsePolicy(
        `break_glass: [{ name: g, from: [${from}], presence: true, review: { from: [${review}], within: 1d } }]`,
        'policy.yaml',
      ),
      people,
    ).map(({ kind, message }) => `${kind}: ${message}`);
  expect(found('ana, bob', 'dan')).toEqual(['slot_unfillable: nobody can break it']);
  expect(found('dan', 'dan')).toEqual([
    'slot_unfillable_for: when `dan` breaks it, nobody is left to review it',
  ]);
  expect(found('dan', 'carol')).toEqual([
    'slot_unfillable_for: when `dan` breaks it, nobody is left to review it',
  ]);
  expect(found('dan', 'ana')).toEqual([]);
});

const names = ['ana', 'bob', 'carol', 'dan'];
const anySlot = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  from: fc.subarray(['*', 'group:sre', 'group:owners', ...names], { minLength: 1 }),
  assurance: fc.constantFrom(...assurances),
});
const anyPeople = fc
  .array(
    fc.record({
      groups: fc.subarray(['sre', 'owners']),
      sshKeys: fc.constantFrom([], key, touch),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all): People => ({ people: all.map((one, at) => aPerson(names[at] ?? '', one)) }));

test('for any rules and people, slots called unfillable are never granted, whoever approves', () => {
  fc.assert(
    fc.property(fc.array(anySlot, { minLength: 1, maxLength: 3 }), anyPeople, (slots, among) => {
      const policy: Policy = parsePolicy(
        asking(slots.map((slot, at) => JSON.stringify({ id: `s${at}`, ...slot })).join()),
        'policy.yaml',
      );
      const [found] = checkSlots(policy, among, [null]);
      if (found?.kind !== 'slot_unfillable') {
        return;
      }
      for (const starter of startersOf(among)) {
        const demanded = policy.rules.flatMap((rule) =>
          slotsFor(rule, starter, { policy, people: among }),
        );
        const decisions = among.people.map(({ name, sshKeys }, at) =>
          aDecision(name, at + 10, { assurance: sshKeys.length > 0 ? 'A3' : 'A1' }),
        );
        expect(tally(aTally(demanded, decisions)).kind).not.toBe('granted');
      }
    }),
  );
});
