import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tally } from '../../src/approval/tally/tally.ts';
import { mergeAsks } from '../../src/policy/merge-asks.ts';
import type { Slot, Verdict } from '../../src/policy/policy.ts';
import { aDecision, aSlot, aTally } from '../approval/builders.ts';

type Ask = Extract<Verdict, { kind: 'ask' }>;

function anAsk(slots: readonly Slot[], more: Partial<Ask> = {}): Ask {
  return {
    kind: 'ask',
    slots,
    reasonRequired: false,
    pendingMs: 60_000,
    unusedMs: 30_000,
    remindMs: null,
    remote: null,
    overrides: [],
    breakGlass: null,
    reuse: null,
    evaluation: {
      now: '2026-01-02T03:04:05.678Z',
      config: 1,
      policy_digest: 'p',
      people_digest: 'q',
      cel: 'c',
      matched: [],
      failed: [],
    },
    ...more,
  };
}

test('slots of several steps are asked for once each, and side by side where they differ', () => {
  const peer = aSlot('rule/peer', ['bo', 'cy']);
  const other = aSlot('rule/peer', ['di']);
  const { slots } = mergeAsks([
    { step: 'one', verdict: anAsk([peer]) },
    { step: 'two', verdict: anAsk([peer, aSlot('data/owner', ['di'])]) },
    { step: 'three', verdict: anAsk([other]) },
    { step: 'four', verdict: anAsk([aSlot('rule/peer/three', ['al'])]) },
  ]);
  expect(slots.map(({ id, eligible }) => [id, eligible])).toEqual([
    ['rule/peer', ['bo', 'cy']],
    ['data/owner', ['di']],
    ['rule/peer/three', ['di']],
    ['rule/peer/three/four', ['al']],
  ]);
});

test('the strictest of everything else holds', () => {
  const lists = { oncall: { people: ['bo'], unknown: [], error: null } };
  const { evaluation } = anAsk([]);
  const merged = mergeAsks([
    {
      step: 'one',
      verdict: anAsk([], {
        pendingMs: 1,
        remindMs: 9,
        remote: { required: 2, within_ms: 9000 },
        evaluation: { ...evaluation, matched: ['a'] },
      }),
    },
    {
      step: 'two',
      verdict: anAsk([], {
        unusedMs: 2,
        remindMs: 5,
        remote: { required: 1, within_ms: 3000 },
        reasonRequired: true,
        overrides: ['no'],
        evaluation: { ...evaluation, matched: ['a', 'b'], lists },
      }),
    },
  ]);
  expect(merged).toMatchObject({
    pendingMs: 1,
    unusedMs: 2,
    remindMs: 5,
    remote: { required: 2, within_ms: 3000 },
    reasonRequired: true,
    overrides: ['no'],
    evaluation: { matched: ['a', 'b'], lists },
  });
});

const people = ['bo', 'cy', 'di', 'ed'];
const anySlot = fc
  .record({
    id: fc.constantFrom('floor', 'rule/peer', 'rule/peer/two', 'data/owner'),
    eligible: fc.subarray(people),
    count: fc.integer({ min: 1, max: 2 }),
    assurance: fc.constantFrom('A0' as const, 'A1' as const, 'A3' as const),
    way: fc.option(fc.integer({ min: 0, max: 1 })),
  })
  .map(({ id, eligible, way, ...more }) =>
    aSlot(id, eligible, {
      ...more,
      ...(way === null ? {} : { any: { rule: 'rule', option: way } }),
    }),
  );
const anySlots = fc.uniqueArray(anySlot, { selector: ({ id }) => id, minLength: 1, maxLength: 3 });
const decisions = fc
  .array(fc.tuple(fc.constantFrom(...people), fc.constantFrom('A0' as const, 'A3' as const)))
  .map((list) => list.map(([person, assurance], at) => aDecision(person, at + 1, { assurance })));

test('whoever is enough for all steps is enough for each of them', () => {
  let granted = 0;
  fc.assert(
    fc.property(fc.array(anySlots, { minLength: 2, maxLength: 3 }), decisions, (each, given) => {
      const merged = mergeAsks(
        each.map((slots, at) => ({
          step: ['one', 'two', 'three'][at] ?? '',
          verdict: anAsk(slots),
        })),
      );
      if (tally(aTally(merged.slots, given)).kind === 'granted') {
        granted += 1;
        for (const slots of each) {
          expect(tally(aTally(slots, given)).kind).toBe('granted');
        }
      }
    }),
    { numRuns: 2000 },
  );
  expect(granted).toBeGreaterThan(20);
});
