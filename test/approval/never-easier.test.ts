import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { People } from '../../src/approval/people/people.ts';
import { eligibleFor } from '../../src/approval/tally/eligible.ts';
import {
  type Tally,
  type TallyDecision,
  type TallyInput,
  tally,
} from '../../src/approval/tally/tally.ts';
import { evaluatePolicy } from '../../src/policy/evaluate.ts';
import {
  assurances,
  type Policy,
  type Requirement,
  type Rule,
  type RuleSlot,
  type Verdict,
} from '../../src/policy/policy.ts';
import { aContext, someFacts } from '../policy/builders.ts';
import { aDecision, aPerson, byAna } from './builders.ts';

/**
 * Policy, people and tally together: whatever decisions grant under the stricter of two policies, they
 * suffice under the milder (where they may have sufficed sooner, and lie unused for longer by now). Two
 * things are left out on purpose. What a run asks for by name (break-glass,
 * an override, a grant) is the relief that rules never give. And a no counts for those who are asked: one
 * by somebody whom the stricter rules do not ask any more is lost with them, so that noes come from those
 * whom both ask. (A claim counts by the slots of its request, too, which keeps every no.)
 */
const staff: People = {
  people: [
    aPerson('ana', { groups: ['sre'], osUsers: ['ana@web1'] }),
    aPerson('bob', { groups: ['sre'] }),
    aPerson('carol', { groups: ['heads'], emails: ['carol@example.com'] }),
    aPerson('dave', { groups: ['heads', 'sre'] }),
    aPerson('eve'),
  ],
};
const names = ['bob', 'carol', 'dave', 'eve'];
const createdMs = Date.parse('2026-03-02T12:00:00.000Z');
const minute = 60_000;

const anyFrom = fc.constantFrom(
  ['*'],
  ['*'],
  ['group:sre'],
  ['group:heads', 'eve'],
  ['list:oncall'],
  ['bob'],
  ['ana'],
);
const anySlot = fc
  .record({
    count: fc.constantFrom(1, 1, 1, 2),
    from: anyFrom,
    assurance: fc.constantFrom(null, null, ...assurances),
    presence: fc.constantFrom(null, false),
    verified: fc.constantFrom(null, null, true),
    escalate: fc.constantFrom(
      [],
      [],
      [{ after_ms: 5 * minute, to: ['group:heads'] }],
      [{ after_ms: 20 * minute, to: ['*'] }],
    ),
  })
  .map((slot): Omit<RuleSlot, 'id'> => slot);
const anySlots = (max: number) => fc.array(anySlot, { maxLength: max });
const anyOptions = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Omit<RuleSlot, 'id'>[][]>([]) },
  {
    weight: 1,
    arbitrary: fc.array(fc.array(anySlot, { minLength: 1, maxLength: 2 }), {
      minLength: 2,
      maxLength: 3,
    }),
  },
);
const anyRemote = fc.option(
  fc.record({ required: fc.integer({ min: 1, max: 3 }), within_ms: fc.constantFrom(2000, 10_000) }),
  { nil: null },
);
const anyRequirement = fc
  .record({
    approvals: anySlots(2),
    any: anyOptions,
    exclude: fc.subarray(['step_author', 'earlier_approver'] as const),
    control: fc.constantFrom(null, 'dual' as const),
    limits: fc.tuple(fc.constantFrom(null, 10 * minute), fc.constantFrom(null, 5 * minute)),
    remote: anyRemote,
  })
  .map(
    ({ approvals, any, limits, ...rest }): Requirement => ({
      ...rest,
      approvals: approvals.map((slot, at) => ({ ...slot, id: `s${at}` })),
      any: any.map((option, way) => option.map((slot, at) => ({ ...slot, id: `w${way}_${at}` }))),
      remindMs: null,
      reason: false,
      pendingMs: limits[0],
      unusedMs: limits[1],
    }),
  );
const anyRule = fc
  .record({
    when: fc.constantFrom(null, 'true', 'step.privileged', 'false'),
    during: fc.constantFrom<readonly string[]>([], [], ['noon'], ['night']),
    outside: fc.constantFrom<readonly string[]>([], [], ['night']),
    deny: fc.constantFrom(null, null, null, null, 'no'),
    require: anyRequirement,
  })
  .map(
    (rule): Omit<Rule, 'name'> => ({
      ...rule,
      require: rule.deny === null ? rule.require : null,
      override: null,
    }),
  );
const anyRules = fc
  .array(anyRule, { maxLength: 3 })
  .map((rules) => rules.map((rule, at): Rule => ({ ...rule, name: `r${at}` })));

const anyPolicy = fc
  .record({
    rules: anyRules,
    control: fc.constantFrom('dual' as const, 'supervised' as const),
    remote: anyRemote,
  })
  .map(
    ({ rules, control, remote }): Policy => ({
      floor: { assurance: 'A0', pendingMs: 30 * minute, unusedMs: 10 * minute, control, remote },
      lists: { oncall: { kind: 'file', path: '/etc/oncall' } },
      calendars: {
        noon: {
          timezone: 'UTC',
          windows: [{ kind: 'weekly', days: [1], from: 11 * 60, to: 13 * 60 }],
        },
        night: {
          timezone: 'UTC',
          windows: [{ kind: 'weekly', days: [1], from: 22 * 60, to: 6 * 60 }],
        },
      },
      rules,
      grants: [],
      breakGlass: [],
    }),
  );

const oftenApprove = [...Array<'approve'>(9).fill('approve'), 'revoke', 'reject'] as const;
/** Mostly good approvals by everybody, so that much is granted. */
const anyDecisions = fc
  .array(
    fc.record({
      person: fc.constantFrom(...names),
      decision: fc.constantFrom(...oftenApprove),
      assurance: fc.constantFrom('A3' as const, 'A3' as const, ...assurances),
      presence: fc.boolean(),
      verified: fc.boolean(),
      after: fc.integer({ min: 0, max: 29 }),
    }),
    { maxLength: 10 },
  )
  .map((all) =>
    all
      .toSorted((one, other) => one.after - other.after)
      .map(({ after, ...one }, at) =>
        aDecision(one.person, 10 + at, { ...one, atMs: createdMs + after * minute }),
      ),
  );

const facts = someFacts({ step: { privileged: true } });

function verdictOf(policy: Policy): Verdict {
  return evaluatePolicy(
    policy,
    facts,
    aContext({
      nowMs: createdMs,
      eligible: (slot) => eligibleFor(slot, { people: staff, initiator: byAna }),
      authors: ['carol@example.com'],
      authorOf: () => 'carol',
      approvedBefore: ['eve'],
      lists: () => ({ people: ['dave', 'ana'], unknown: [], error: null }),
    }),
  );
}

type Ask = Extract<Verdict, { kind: 'ask' }>;

function inputOf(
  { slots, pendingMs, unusedMs }: Ask,
  decisions: readonly TallyDecision[],
  nowMs: number,
): TallyInput {
  return {
    slots,
    decisions,
    uses: 1,
    used: 0,
    nowMs,
    createdMs,
    pendingUntilMs: createdMs + pendingMs,
    unusedMs,
    eligible: (slot, ageMs) => eligibleFor(slot, { people: staff, initiator: byAna }, ageMs),
  };
}

function standing(
  policy: Policy,
  decisions: readonly TallyDecision[],
  nowMs: number,
): Tally | null {
  const verdict = verdictOf(policy);
  return verdict.kind === 'ask' ? tally(inputOf(verdict, decisions, nowMs)) : null;
}

/** People whose no counts under a policy, at any time. */
function asked(policy: Policy): readonly string[] {
  const verdict = verdictOf(policy);
  return verdict.kind === 'ask' ? verdict.slots.flatMap(({ eligible }) => eligible) : [];
}

/** So many copies acknowledged a start, after so long. */
interface Copies {
  readonly count: number;
  readonly afterMs: number;
}

const anyCopies: fc.Arbitrary<Copies> = fc.record({
  count: fc.constantFrom(3, 3, 0, 1, 2),
  afterMs: fc.constantFrom(1000, 1000, 5000, 20_000),
});

function isReached(policy: Policy, { count, afterMs }: Copies): boolean {
  const verdict = verdictOf(policy);
  if (verdict.kind !== 'ask') {
    return verdict.kind === 'none';
  }
  const { remote } = verdict;
  return remote === null || (count >= remote.required && afterMs <= remote.within_ms);
}

function neverEasier(
  { mild, strict }: { readonly mild: Policy; readonly strict: Policy },
  { decisions, copies }: { readonly decisions: readonly TallyDecision[]; readonly copies: Copies },
  age: number,
): void {
  if (isReached(strict, copies)) {
    expect(isReached(mild, copies)).toBe(true);
  }
  const counted = asked(strict);
  const heard = decisions.filter(
    ({ decision, person }) => decision !== 'reject' || counted.includes(person),
  );
  const nowMs = createdMs + age * minute;
  if (standing(strict, heard, nowMs)?.kind === 'granted') {
    const milder = standing(mild, heard, nowMs);
    const suffices = milder?.kind === 'granted' || isUnused(milder);
    expect(suffices || verdictOf(mild).kind === 'none').toBe(true);
  }
}

function isUnused(tally: Tally | null): boolean {
  return tally?.kind === 'expired' && tally.which === 'unused';
}

const anyAge = fc.integer({ min: 0, max: 45 });

function neverEasierWith<More>(
  what: string,
  anyMore: fc.Arbitrary<More>,
  stricter: (policy: Policy, more: More) => Policy,
): void {
  test(`${what} never makes anything easier`, () => {
    fc.assert(
      fc.property(
        anyPolicy,
        anyMore,
        fc.record({ decisions: anyDecisions, copies: anyCopies }),
        anyAge,
        (policy, more, given, age) => {
          neverEasier({ mild: policy, strict: stricter(policy, more) }, given, age);
        },
      ),
      { numRuns: 1000 },
    );
  });
}

/** The policy with one of its requirements changed. */
function withRequirement(
  policy: Policy,
  pick: number,
  change: (require: Requirement) => Requirement,
): Policy {
  const rules = policy.rules.map((rule, at) =>
    at === pick % policy.rules.length && rule.require !== null
      ? { ...rule, require: change(rule.require) }
      : rule,
  );
  return { ...policy, rules };
}

neverEasierWith('another rule', anyRule, (policy, rule) => ({
  ...policy,
  rules: [...policy.rules, { ...rule, name: 'more' }],
}));

neverEasierWith('another slot', fc.tuple(fc.nat(), anySlot), (policy, [pick, slot]) =>
  withRequirement(policy, pick, (require) => ({
    ...require,
    approvals: [...require.approvals, { ...slot, id: 'more' }],
  })),
);

neverEasierWith(
  'an exclusion',
  fc.tuple(fc.nat(), fc.constantFrom('step_author' as const, 'earlier_approver' as const)),
  (policy, [pick, exclusion]) =>
    withRequirement(policy, pick, (require) => ({
      ...require,
      exclude: [...require.exclude, exclusion],
    })),
);

neverEasierWith(
  'a set of alternatives',
  fc.array(fc.array(anySlot, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 4 }),
  (policy, options) => {
    const any = options.map((option, way) =>
      option.map((slot, at) => ({ ...slot, id: `m${way}_${at}` })),
    );
    const require = { ...nothing, any };
    return { ...policy, rules: [...policy.rules, { ...rest, name: 'more', require, deny: null }] };
  },
);

neverEasierWith(
  'a calendar that denies',
  fc.constantFrom(
    { during: ['noon'], outside: [] },
    { during: [], outside: ['night'] },
    { during: ['night'], outside: [] },
  ),
  (policy, times) => ({
    ...policy,
    rules: [...policy.rules, { ...rest, ...times, name: 'more', require: null, deny: 'frozen' }],
  }),
);

neverEasierWith('a demand for copies', anyRemote, (policy, remote) => {
  const require = { ...nothing, remote };
  return { ...policy, rules: [...policy.rules, { ...rest, name: 'more', require, deny: null }] };
});

neverEasierWith('dual control', fc.nat(), (policy, pick) =>
  withRequirement(policy, pick, (require) => ({ ...require, control: 'dual' })),
);

const rest = { when: null, during: [], outside: [], override: null };
const nothing: Requirement = {
  approvals: [],
  any: [],
  exclude: [],
  control: null,
  remindMs: null,
  reason: false,
  pendingMs: null,
  unusedMs: null,
  remote: null,
};

function eachAsk(
  check: (verdict: Ask, decisions: readonly TallyDecision[], nowMs: number) => void,
): void {
  fc.assert(
    fc.property(anyPolicy, anyDecisions, anyAge, (policy, decisions, age) => {
      const verdict = verdictOf(policy);
      if (verdict.kind === 'ask') {
        check(verdict, decisions, createdMs + age * minute);
      }
    }),
    { numRuns: 1000 },
  );
}

test('much of this is granted, and much is not', () => {
  const seen = new Map<string, number>();
  eachAsk((verdict, decisions, nowMs) => {
    const { kind } = tally(inputOf(verdict, decisions, nowMs));
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  });
  for (const kind of ['granted', 'open', 'rejected', 'expired']) {
    expect(seen.get(kind), kind).toBeGreaterThan(20);
  }
});

test('a timer never grants, however long one waits', () => {
  fc.assert(
    fc.property(
      anyPolicy,
      fc.integer({ min: -100, max: 100_000 }),
      fc.option(fc.integer({ min: 0, max: 100_000 })),
      fc.option(fc.integer({ min: 0, max: 100_000 })),
      (policy, age, notBefore, window) => {
        const verdict = verdictOf(policy);
        if (verdict.kind === 'ask') {
          const input = inputOf(verdict, [], createdMs + age * minute);
          const notBeforeMs = notBefore === null ? null : createdMs + notBefore * minute;
          const windowMs = window === null ? null : window * minute;
          expect(tally({ ...input, notBeforeMs, windowMs }).kind).toMatch(/open|expired/);
        }
      },
    ),
  );
});

test('nobody fills two slots, nobody fills one that is not theirs, and of alternatives one is whole', () => {
  eachAsk((verdict, decisions, nowMs) => {
    const input = inputOf(verdict, decisions, nowMs);
    const result = tally(input);
    if (result.kind !== 'granted') {
      return;
    }
    const { by } = result;
    expect(new Set(by.map(({ person }) => person)).size).toBe(by.length);
    expect(by.map(({ person }) => person)).not.toContain('ana');
    const filled = (id: string) => by.filter(({ slot }) => slot === id);
    for (const slot of verdict.slots) {
      const here = filled(slot.id).map(({ person }) => person);
      expect(here.length === slot.count || (slot.any !== undefined && here.length === 0)).toBe(
        true,
      );
      expect(eligibleFor(slot, { people: staff, initiator: byAna }, nowMs)).toEqual(
        expect.arrayContaining(here),
      );
    }
    const rules = new Set(verdict.slots.flatMap(({ any }) => any?.rule ?? []));
    for (const rule of rules) {
      const ways = new Set(
        verdict.slots
          .filter(({ id, any }) => any?.rule === rule && filled(id).length > 0)
          .map(({ any }) => any?.option),
      );
      expect(ways.size).toBe(1);
    }
  });
});

test('one no by anybody who is asked ends it', () => {
  eachAsk((verdict, decisions, nowMs) => {
    for (const person of new Set(verdict.slots.flatMap(({ eligible }) => eligible))) {
      const no = aDecision(person, 99, { decision: 'reject', atMs: createdMs });
      expect(tally(inputOf(verdict, [...decisions, no], nowMs)).kind).toBe('rejected');
    }
  });
});

test('people whom it is escalated to never count earlier', () => {
  eachAsk((verdict, decisions, nowMs) => {
    const early = decisions.map((one) => ({
      ...one,
      atMs: Math.min(one.atMs, createdMs + 299_999),
    }));
    const slots = verdict.slots.map((slot) => ({ ...slot, escalate: [] }));
    const kinds = [verdict.slots, slots].map(
      (each) => tally(inputOf({ ...verdict, slots: each }, early, nowMs)).kind,
    );
    expect(kinds[0]).toBe(kinds[1]);
  });
});
