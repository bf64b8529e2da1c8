import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { unsatisfiable } from '../../src/approval/tally/satisfiable.ts';
import { tally } from '../../src/approval/tally/tally.ts';
import { aDecision, aSlot, aTally } from './builders.ts';

const everybody = () => true;

test('slots that enough people can fill are satisfiable', () => {
  const slots = [aSlot('peer', ['ana', 'bob'], { count: 1 }), aSlot('owner', ['bob'])];
  expect(unsatisfiable(slots, everybody)).toBeNull();
});

test('a slot with too few people is named with its members', () => {
  const slot = aSlot('prod/owner', ['bob'], { count: 2, from: ['group:dba'] });
  expect(unsatisfiable([slot], everybody)).toBe(
    'slot `prod/owner` needs 2 approvals from `group:dba`, but 1 person is eligible: `bob`',
  );
});

test('a slot of an empty group says that nobody is eligible', () => {
  expect(unsatisfiable([aSlot('floor', [])], everybody)).toBe(
    'slot `floor` needs 1 approval from anyone enrolled, but 0 people are eligible',
  );
});

test('people without a means for the level do not count', () => {
  const slot = aSlot('owner', ['ana', 'bob'], { count: 2, from: ['group:dba'], assurance: 'A3' });
  expect(unsatisfiable([slot], (person) => person === 'ana')).toBe(
    'slot `owner` needs 2 approvals at `A3` from `group:dba`, but 1 of 2 eligible people can give one: `ana`',
  );
});

test('slots that fight for the same people are named together, the others are not', () => {
  const slots = [
    aSlot('free', ['carol', 'dave']),
    aSlot('peer', ['ana', 'bob'], { count: 2 }),
    aSlot('owner', ['bob']),
  ];
  expect(unsatisfiable(slots, everybody)).toBe(
    'slots `owner` and `peer` need 3 different people, but have 2: `bob`, `ana`',
  );
});

test('alternatives are satisfiable where one of them is, and otherwise each says why not', () => {
  const way = (option: number, eligible: readonly string[]) => ({
    ...aSlot(`a/${option}`, eligible),
    any: { rule: 'a', option },
  });
  expect(unsatisfiable([way(0, []), way(1, ['bob'])], everybody)).toBeNull();
  expect(unsatisfiable([way(0, []), way(1, [])], everybody)).toBe(
    'no alternative can be met: slot `a/0` needs 1 approval from anyone enrolled, but 0 people are eligible; or slot `a/1` needs 1 approval from anyone enrolled, but 0 people are eligible',
  );
});

test('people whom a slot is escalated to count, for they will be asked', () => {
  const escalate = [{ after_ms: 1000, to: ['group:heads'], eligible: ['carol'] }];
  expect(unsatisfiable([aSlot('s', [], { escalate })], everybody)).toBeNull();
  expect(unsatisfiable([aSlot('s', ['carol'], { escalate, count: 2 })], everybody)).toBe(
    'slot `s` needs 2 approvals from anyone enrolled or `group:heads`, but 1 person is eligible: `carol`',
  );
});

test('satisfiable is exactly what a tally grants once everybody has approved', () => {
  const names = ['ana', 'bob', 'carol', 'dave'];
  const anySlots = fc
    .array(fc.record({ eligible: fc.subarray(names), count: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((all) => all.map((one, index) => aSlot(`s${index}`, one.eligible, { count: one.count })));
  fc.assert(
    fc.property(anySlots, (slots) => {
      const decisions = names.map((name, index) => aDecision(name, 10 + index));
      const granted = tally(aTally(slots, decisions)).kind === 'granted';
      expect(unsatisfiable(slots, everybody) === null).toBe(granted);
    }),
  );
});
