import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluatePolicy, type PolicyContext } from '../../src/policy/evaluate.ts';
import type { Facts } from '../../src/policy/facts.ts';
import {
  assurances,
  type Policy,
  type RemoteDemand,
  type Rule,
  type RuleSlot,
  type Slot,
  type Verdict,
} from '../../src/policy/policy.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { aContext, someFacts } from './builders.ts';

function judge(text: string, facts: Facts = someFacts(), context: Partial<PolicyContext> = {}) {
  return evaluatePolicy(parsePolicy(text, 'policy.yaml'), facts, aContext(context));
}

function slotsOf(verdict: Verdict): readonly Slot[] {
  return verdict.kind === 'ask' ? verdict.slots : [];
}

const privileged = someFacts({ step: { privileged: true } });
const byAgent = { agentInChain: true };

describe('a step', () => {
  test('that is not privileged needs nobody', () => {
    expect(judge('')).toEqual({
      kind: 'none',
      evaluation: {
        now: '2026-03-02T01:00:00.000Z',
        config: 3,
        policy_digest: 'p'.repeat(64),
        people_digest: 'q'.repeat(64),
        cel: '@marcbachmann/cel-js 8.0.0',
        matched: [],
        failed: [],
      },
    });
  });

  test('that is privileged needs one other person, whoever it is', () => {
    expect(judge('', privileged)).toMatchObject({
      kind: 'ask',
      slots: [
        {
          id: 'floor',
          count: 1,
          from: ['*'],
          eligible: ['bob', 'carol'],
          assurance: 'A1',
          presence: false,
        },
      ],
      reasonRequired: false,
      pendingMs: 1_800_000,
      unusedMs: 600_000,
    });
  });

  test('of a runbook nobody trusts is privileged in a protected environment', () => {
    const facts = someFacts({ environment: { protected: true }, runbook: { trusted: false } });
    expect(judge('', facts).kind).toBe('ask');
    expect(judge('rules: [{ name: a, when: step.privileged, deny: no }]', facts).kind).toBe('deny');
  });

  test('that a rule names needs its people, privileged or not', () => {
    const rule =
      'rules: [{ name: a, when: step.id == "restart", require: { approvals: [{ id: x, from: [bob] }] } }]';
    expect(slotsOf(judge(rule))).toMatchObject([{ id: 'a/x', from: ['bob'], eligible: ['bob'] }]);
    expect(judge(rule, someFacts({ step: { id: 'health' } })).kind).toBe('none');
  });

  test("that a rule names without people needs the floor's one", () => {
    const verdict = judge('rules: [{ name: a, require: { reason: true } }]');
    expect(verdict).toMatchObject({ kind: 'ask', reasonRequired: true, slots: [{ id: 'floor' }] });
  });
});

describe('rules', () => {
  test('all add their slots, and the shortest limits hold', () => {
    const text = `
rules:
  - { name: a, require: { pending: 5m, unused: 2m, approvals: [{ id: x, from: [bob] }] } }
  - { name: b, require: { pending: 2h, reason: true, approvals: [{ id: x, from: [carol] }] } }
  - { name: c, when: "false", require: { approvals: [{ id: x, from: [dave] }] } }
`;
    const verdict = judge(text);
    expect(slotsOf(verdict).map(({ id }) => id)).toEqual(['a/x', 'b/x']);
    expect(verdict).toMatchObject({ reasonRequired: true, pendingMs: 300_000, unusedMs: 120_000 });
    expect(verdict.evaluation.matched).toEqual(['a', 'b']);
  });

  test("cannot lengthen the floor's limits", () => {
    const text = 'rules: [{ name: a, require: { pending: 2h, unused: 2h } }]';
    expect(judge(text)).toMatchObject({ pendingMs: 1_800_000, unusedMs: 600_000 });
  });

  test('that deny win over rules that require', () => {
    const text = 'rules: [{ name: a, require: {} }, { name: b, deny: not today }]';
    expect(judge(text)).toMatchObject({
      kind: 'deny',
      reasons: [{ rule: 'b', reason: 'not today' }],
    });
  });

  test('that fail deny, and the failure is on record', () => {
    const text = 'rules: [{ name: a, when: params.absent == "x", require: {} }]';
    const verdict = judge(text);
    expect(verdict).toMatchObject({ kind: 'deny', reasons: [{ rule: 'a' }] });
    expect(verdict.evaluation).toMatchObject({ matched: [], failed: [{ rule: 'a' }] });
  });

  test('that come to neither true nor false deny', () => {
    const facts = someFacts({ params: { cluster: 'demo' } });
    expect(judge('rules: [{ name: a, when: params.cluster, require: {} }]', facts)).toMatchObject({
      kind: 'deny',
      evaluation: { failed: [{ rule: 'a', message: 'its value is neither true nor false' }] },
    });
  });

  test('may ask whether a parameter exists', () => {
    const text = 'rules: [{ name: a, when: has(params.absent) && params.absent == "x", deny: no }]';
    expect(judge(text).kind).toBe('none');
  });

  test('see the weekday of a named time zone', () => {
    const on = (zone: string) =>
      judge(`rules: [{ name: a, when: 'now.getDayOfWeek("${zone}") in [0, 6]', deny: no }]`).kind;
    expect(on('Europe/Berlin')).toBe('none');
    expect(on('America/New_York')).toBe('deny');
    expect(on('Europe/Nowhere')).toBe('deny');
  });

  test('see everything about the step and nothing of JavaScript', () => {
    const facts = someFacts({
      environment: { name: 'prod', vars: { api: 'https://api' }, protected: true },
      step: { tags: ['data'], kind: 'http', name: 'Export' },
      run: { ticket: 'OPS-1' },
      initiator: {
        kind: 'agent',
        people: ['ana', 'carol'],
        agent: 'deploy-bot',
        ci: 'github/acme',
      },
    });
    const all = [
      'environment.name == "prod" && environment.protected && environment.vars.api == "https://api"',
      'runbook.name == "restart-cluster" && runbook.trusted',
      '"data" in step.tags && step.kind == "http" && step.name == "Export" && !step.privileged',
      'run.ticket == "OPS-1" && run.reason == null',
      'initiator.ci == "github/acme" && initiator.ci_actor == null',
      'initiator.agent == "deploy-bot" && "carol" in initiator.people && initiator.caller == "os:ana@web1"',
    ];
    for (const when of all) {
      expect(judge(`rules: [{ name: a, when: '${when}', deny: no }]`, facts).kind, when).toBe(
        'deny',
      );
    }
    expect(judge('rules: [{ name: a, when: has(params.constructor), deny: no }]').kind).toBe(
      'none',
    );
  });
});

describe('a slot', () => {
  const slot = (written: string, context: Partial<PolicyContext> = {}, floor = 'A1') =>
    slotsOf(
      judge(
        `floor: { assurance: ${floor} }\nrules: [{ name: a, require: { approvals: [{ id: x, from: [bob]${written} }] } }]`,
        privileged,
        context,
      ),
    )[0];

  test("without a level takes the floor's, and one below it is raised", () => {
    expect(slot('', {}, 'A2')?.assurance).toBe('A2');
    expect(slot(', assurance: A0', {}, 'A2')?.assurance).toBe('A2');
    expect(slot(', assurance: A3', {}, 'A2')?.assurance).toBe('A3');
  });

  test('at A3 asks for a touch when an agent is behind the run, unless its rule says otherwise', () => {
    expect(slot(', assurance: A3', byAgent)?.presence).toBe(true);
    expect(slot(', assurance: A3')?.presence).toBe(false);
    expect(slot(', assurance: A3, presence: true')?.presence).toBe(true);
    expect(slot(', assurance: A3, presence: false', byAgent)?.presence).toBe(false);
  });

  test('below A3 never asks for a touch', () => {
    expect(slot('', byAgent)?.presence).toBe(false);
    expect(slot(', presence: false', byAgent, 'A3')?.presence).toBe(true);
  });
});

const anySlot = fc.record({
  count: fc.integer({ min: 1, max: 2 }),
  from: fc.constantFrom(['*'], ['bob']),
  assurance: fc.constantFrom(null, ...assurances),
  presence: fc.constantFrom(null, true, false),
  verified: fc.constant(null),
  escalate: fc.constant([]),
});
const anyRules = fc
  .array(
    fc.record({
      when: fc.constantFrom(null, 'true', 'false', 'params.absent == 1'),
      deny: fc.constantFrom(null, null, null, 'no'),
      slots: fc.array(anySlot, { maxLength: 2 }),
      remote: fc.constantFrom(
        null,
        { required: 2, within_ms: 60_000 },
        { required: 1, within_ms: 1000 },
      ),
      limits: fc.tuple(fc.constantFrom(null, 1000, 9e9), fc.constantFrom(null, 1000, 9e9)),
      reason: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((rules) => rules.map(buildRule));

function buildRule(
  rule: {
    when: string | null;
    deny: string | null;
    slots: readonly Omit<RuleSlot, 'id'>[];
    limits: [number | null, number | null];
    remote: RemoteDemand | null;
    reason: boolean;
  },
  index: number,
): Rule {
  const approvals = rule.slots.map((slot, at) => ({ ...slot, id: `s${at}` }));
  const [pendingMs, unusedMs] = rule.limits;
  const require = {
    approvals,
    any: [],
    exclude: [],
    control: null,
    remindMs: null,
    reason: rule.reason,
    pendingMs,
    unusedMs,
    remote: rule.remote,
  };
  return {
    name: `r${index}`,
    when: rule.when,
    deny: rule.deny,
    during: [],
    outside: [],
    override: null,
    require: rule.deny === null ? require : null,
  };
}

const rank = { none: 0, ask: 1, deny: 2 };

test('another rule never makes anything easier', () => {
  const floor = {
    assurance: 'A1',
    pendingMs: 1_800_000,
    unusedMs: 600_000,
    remote: { required: 1, within_ms: 10_000 },
    control: 'dual',
  } as const;
  const rest = { lists: {}, calendars: {}, grants: [], breakGlass: [] };
  fc.assert(
    fc.property(anyRules, fc.nat(), fc.boolean(), (rules, pick, isPrivileged) => {
      const facts = someFacts({ step: { privileged: isPrivileged } });
      const fewer: Policy = {
        ...rest,
        floor,
        rules: rules.filter((_, index) => index !== pick % rules.length),
      };
      const before = evaluatePolicy(fewer, facts, aContext(byAgent));
      const after = evaluatePolicy({ ...rest, floor, rules }, facts, aContext(byAgent));
      expect(rank[after.kind]).toBeGreaterThanOrEqual(rank[before.kind]);
      if (before.kind === 'ask' && after.kind === 'ask') {
        const kept = before.slots.filter(({ id }) => id !== 'floor');
        expect(after.slots).toEqual(expect.arrayContaining([...kept]));
        expect(after.slots.length).toBeGreaterThan(0);
        expect(after.pendingMs).toBeLessThanOrEqual(before.pendingMs);
        expect(after.unusedMs).toBeLessThanOrEqual(before.unusedMs);
        expect(after.reasonRequired || !before.reasonRequired).toBe(true);
        expect(after.remote?.required).toBeGreaterThanOrEqual(before.remote?.required ?? 0);
        expect(after.remote?.within_ms).toBeLessThanOrEqual(before.remote?.within_ms ?? 0);
      }
    }),
  );
});
