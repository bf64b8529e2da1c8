import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePeople } from '../../src/approval/people/people-schema.ts';
import type { Docket, Replay } from '../../src/audit/docket.ts';
import { judgeUnasked } from '../../src/audit/judge-unasked.ts';
import { unaskedSteps } from '../../src/audit/unasked.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { RunId } from '../../src/base/ids.ts';
import type { Evaluation } from '../../src/policy/policy.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import type { Recorded, RunStarted, StepStarted } from '../../src/run/events.ts';
import type { Rules } from '../../src/run/judge.ts';
import { foldRun } from '../../src/run/state.ts';
import type { Plan } from '../../src/runbook/plan.ts';
import { anEnvironment, planOf } from '../runbook/builders.ts';
import { approvalRequested, runStarted } from '../support/some-events.ts';

const digest = sha256('x');
const run = 'r1' as RunId;

const policies = [
  '',
  'rules: [{ name: none-of-bob, when: "\'bob\' in initiator.people", deny: "no" }]',
  'rules: [{ name: late, when: "now.getHours() < 12", deny: "sleep" }]',
  `calendars: { nights: { timezone: UTC, days: [mon, tue, wed, thu, fri, sat, sun], hours: "00:00-12:00" } }
rules: [{ name: night, during: [nights], deny: "sleep" }]`,
  'rules: [{ name: reason, when: "run.reason == \'because\'", deny: "no" }, { name: ticket, when: "run.ticket == null", require: { approvals: [{ id: any, count: 1, from: ["*"] }] } }]',
  'rules: [{ name: second, when: "step.id == \'two\' && params.size > 1", deny: "no" }]',
  'rules: [{ name: prod, when: "environment.name == \'prod\'", deny: "no" }, { name: agents, when: "initiator.agent != null", deny: "no" }]',
];

function rulesOf(text: string): Rules {
  return {
    policy: parsePolicy(text, 'policy.yaml'),
    people: parsePeople('', 'people.yaml'),
    config: 1,
    policyDigest: digest,
    peopleDigest: digest,
  };
}

const source = `name: test
params: { size: { type: integer, default: 1 } }
steps:
  - { id: one, run: "true" }
  - { id: two, run: "true" }
  - { id: three, run: "true", privileged: true }
`;

const plans: readonly Plan[] = [
  planOf(source).plan,
  planOf(source, { given: { size: 2 } }).plan,
  planOf(source, { environment: anEnvironment({ name: 'prod' }) }).plan,
  planOf(source, { environment: anEnvironment({ name: 'prod', protected: true }), trusted: false })
    .plan,
];

const initiators: readonly RunStarted['initiator'][] = [
  { kind: 'person', chain: [{ role: 'caller', identity: 'os:ana@web1', person: 'ana' }] },
  { kind: 'person', chain: [{ role: 'caller', identity: 'os:bob@web1', person: 'bob' }] },
  {
    kind: 'agent',
    chain: [
      { role: 'caller', identity: 'os:ana@web1', person: 'ana' },
      { role: 'agent', identity: 'agent:helper', person: null },
    ],
  },
];

interface Spawn {
  readonly policy: number;
  readonly plan: number;
  readonly initiator: number;
  readonly reason: string | null;
  readonly ticket: string | null;
  readonly overrides: readonly string[];
  readonly step: string;
  readonly now: string;
  readonly lag: number;
}

const spawn: fc.Arbitrary<Spawn> = fc.record({
  policy: fc.nat({ max: policies.length - 1 }),
  plan: fc.nat({ max: plans.length - 1 }),
  initiator: fc.nat({ max: initiators.length - 1 }),
  reason: fc.constantFrom(null, 'because', 'other'),
  ticket: fc.constantFrom(null, 'T-1'),
  overrides: fc.constantFrom([], ['second']),
  step: fc.constantFrom('one', 'two', 'three', 'four'),
  now: fc.constantFrom('2026-03-02T09:00:00.000Z', '2026-03-02T15:00:00.000Z', 'some day'),
  lag: fc.constantFrom(0, 0, 0, 300_000),
});

/** Each differs from the one before it in one thing: what was said of that one must not be said of it, too. */
const spawns: fc.Arbitrary<readonly Spawn[]> = fc
  .array(fc.tuple(spawn, fc.nat({ max: 8 })), { minLength: 1, maxLength: 60 })
  .map((given) => {
    const row: Spawn[] = [];
    for (const [each, at] of given) {
      const before = row.at(-1) ?? each;
      const changed = Object.entries(each).filter((_, place) => place === at);
      row.push({ ...before, ...Object.fromEntries(changed) });
    }
    return row;
  });

function startedOf({ initiator, reason, ticket, overrides }: Spawn): RunStarted {
  const chain = initiators[initiator];
  const event = runStarted({ reason, ticket, overrides, ...(chain ? { initiator: chain } : {}) });
  if (event.type !== 'run.started') {
    throw new Error('it begins a run');
  }
  return event.data;
}

function recorded(event: Recorded['event'], time: string): Recorded {
  return { seq: 5, time, run, event, hash: digest };
}

/** What the auditor finds, or that it cannot follow. */
function judged(spawn: Spawn, rules: Rules, plan: Plan): unknown {
  const evaluation: Evaluation = {
    now: spawn.now,
    config: 1,
    policy_digest: digest,
    people_digest: digest,
    cel: 'test',
    matched: [],
    failed: [],
  };
  const permit = { kind: 'policy', evaluation } as const;
  const data: StepStarted = {
    step: spawn.step,
    attempt: 1,
    digest,
    command: null,
    token: 't',
    permit,
  };
  const time = new Date((Date.parse(spawn.now) || 0) + spawn.lag).toISOString();
  const state = foldRun([recorded({ type: 'run.started', data: startedOf(spawn) }, time)]);
  const entry = recorded({ type: 'step.started', data }, time);
  const by = { docket: { rules } as unknown as Docket, replay: replayOf(state, plan) };
  try {
    return judgeUnasked({ entry, data, evaluation }, by);
  } catch (error) {
    return String(error);
  }
}

function replayOf(state: Replay['state'], plan: Plan): Replay {
  const empty = { checks: new Map(), templates: new Map(), given: new Map() };
  return { state, plan, ...empty, through: 0 };
}

describe('what policy said of a step before', () => {
  test('is what it says when it is asked again', () => {
    fc.assert(
      fc.property(spawns, (row) => {
        const rules = policies.map(rulesOf);
        for (const each of row) {
          const [known, plan] = [rules[each.policy], plans[each.plan]];
          if (known === undefined || plan === undefined) {
            throw new Error('there is one');
          }
          // Nothing is remembered of a plan and a policy that were never seen.
          expect(judged(each, known, plan)).toEqual(judged(each, { ...known }, { ...plan }));
        }
      }),
      { numRuns: 300 },
    );
  });

  const [plan] = plans;
  const [initiator] = initiators;
  const start = runStarted(initiator === undefined ? {} : { initiator });
  const state = foldRun([recorded(start, '2026-03-02T09:00:00.000Z')]);

  test('is remembered from one run of a plan to the next', () => {
    const rules = rulesOf(policies[1] ?? '');
    const again = foldRun([recorded(structuredClone(start), '2026-03-02T09:00:00.000Z')]);
    const first = plan === undefined ? null : unaskedSteps(rules, replayOf(state, plan));
    first?.add('one');
    expect(plan === undefined ? null : unaskedSteps(rules, replayOf(again, plan))).toEqual(
      new Set(['one']),
    );
  });

  test.each([2, 3])('is never remembered where a rule can see the time (%i)', (at) => {
    const rules = rulesOf(policies[at] ?? '');
    expect(plan && unaskedSteps(rules, replayOf(state, plan))).toBeNull();
  });

  test('is never remembered once approvals come in', () => {
    const asked = foldRun([
      recorded(start, '2026-03-02T09:00:00.000Z'),
      recorded(approvalRequested(run), '2026-03-02T09:00:00.000Z'),
    ]);
    expect(plan && unaskedSteps(rulesOf(''), replayOf(asked, plan))).toBeNull();
  });
});
