import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../src/policy/check/check-rules.ts';
import type { Known } from '../../../src/policy/check/vocabulary.ts';
import { evaluatePolicy } from '../../../src/policy/evaluate.ts';
import type { Facts } from '../../../src/policy/facts.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { parsePolicy } from '../../../src/policy/schema/schema.ts';
import { evaluateWhen } from '../../../src/policy/when.ts';
import { aContext, someFacts } from '../builders.ts';

const known: Known = {
  environments: [
    { name: 'local', vars: {}, protected: false, hosts: null },
    { name: 'prod', vars: { tier: 'gold' }, protected: true, hosts: [] },
  ],
  people: ['ana', 'bob'],
};
const nowMs = Date.parse('2026-03-02T10:00:00Z');

function check(text: string): readonly string[] {
  const { findings } = checkRules(parsePolicy(text, 'policy.yaml'), known, nowMs);
  return findings.map(({ kind, rule, message }) => `${kind} ${rule ?? ''}: ${message}`);
}

const rule = (when: string, name = 'a') =>
  `rules: [{ name: ${name}, when: '${when}', require: { approvals: [{ id: x, from: [bob] }] } }]`;

describe('a rule is called dead', () => {
  test.each([
    ['environment.protected && environment.name == "local"'],
    ['environment.vars.tier == "tin" && environment.protected'],
    ['step.privileged && !step.privileged'],
    ['step.kind == "http" && step.kind == "run"'],
    ['"data" in step.tags && !("data" in step.tags)'],
    ['initiator.kind == "agent" && initiator.kind == "ci"'],
    ['size(run.ticket) > 1 && run.ticket == null && run.ticket == "OPS-1"'],
    ['run.ticket == "OPS-1" && run.ticket == "OPS-2"'],
    ['now.getHours("Europe/Berlin") >= 22 && now.getHours("Europe/Berlin") < 6'],
    ['now.getDayOfWeek() == 7'],
    ['step.id.like("^a") && !step.id.like("^a")'],
    ['false'],
  ])('where it cannot match: %s', (when) => {
    expect(check(rule(when))).toEqual(['rule_dead a: never matches']);
  });

  test.each([
    ['environment.name == "prod"'],
    ['environment.vars.tier == "gold"'],
    ['"data" in step.tags && "pii" in step.tags'],
    ['has(params.n) && params.n > 3 && params.n < 5'],
    ['has(params.n) && params.n > 3 && params.n < 4'],
    ['run.reason != null'],
    ['run.ticket != "OPS-1"'],
    ['step.id.like("^a") && !step.id.like("b$")'],
    ['step.id.startsWith("a") && step.id.endsWith("b")'],
    ['size(step.tags) > 3'],
    ['has(params.a) && has(params.b) && params.a == params.b'],
    ['now.getHours("Asia/Kolkata") < 9'],
    ['now > timestamp("2030-01-01T00:00:00Z")'],
    ['step.tags.exists(t, t.startsWith("x"))'],
    ['"ana" in initiator.people'],
    ['params.force'],
  ])('and not where it can, or nobody can say: %s', (when) => {
    expect(check(rule(when))).toEqual([]);
  });

  test('and one that can only fail is told apart: it denies', () => {
    expect(check(rule('has(params.n) && params.n > 5 && params.n < 3'))).toEqual([
      'rule_fails a: never matches, but can fail, and so denies',
    ]);
  });
});

test('names that nothing has are told where they stand', () => {
  expect(check(rule('environment.name in ["prd", "prod"]'))).toEqual([
    'name_unknown a: there is no environment `prd`',
  ]);
  expect(check(rule('"zoe" in initiator.people'))).toEqual([
    'name_unknown a: there is no person `zoe`',
  ]);
  expect(check(rule('initiator.kind == "robot"'))).toEqual([
    'name_unknown a: there is no kind of initiator `robot`',
  ]);
});

test('a rule of calendars that are over never matches again', () => {
  const text = (until: string) => `
calendars:
  freeze: { timezone: Europe/Berlin, windows: [{ from: 2025-12-20T00:00, to: ${until} }] }
rules: [{ name: a, during: [freeze], deny: wait }]`;
  expect(check(text('2026-01-03T00:00'))).toEqual([
    'calendar_over a: never matches again: its calendars are over',
  ]);
  expect(check(text('2026-03-03T00:00'))).toEqual([]);
});

describe('a rule is called shadowed', () => {
  const rules = (...lines: readonly string[]) =>
    `rules:\n${lines.map((it) => `  - ${it}\n`).join('')}`;

  test('where another denies whatever it could say', () => {
    const text = rules(
      `{ name: a, when: 'environment.name == "prod" && "data" in step.tags', require: { reason: true } }`,
      `{ name: b, when: 'environment.protected', deny: no }`,
    );
    expect(check(text)).toEqual(['rule_shadowed a: wherever it matches, `b` denies']);
  });

  test('unless that no can be lifted, or holds at times only', () => {
    const first = `{ name: a, when: step.privileged, require: { reason: true } }`;
    expect(
      check(
        rules(first, '{ name: b, deny: no, override: { approvals: [{ id: x, from: [bob] }] } }'),
      ),
    ).toEqual([]);
    expect(
      check(
        `calendars: { nights: { timezone: UTC, windows: [{ days: [mon], hours: "22:00-06:00" }] } }\n${rules(first, '{ name: b, during: [nights], deny: no }')}`,
      ),
    ).toEqual([]);
  });

  test('where another asks for all that it asks for', () => {
    const text = rules(
      `{ name: a, when: '"data" in step.tags && step.privileged', require: { reason: true, pending: 10m } }`,
      `{ name: b, when: step.privileged, require: { reason: true, pending: 5m, approvals: [{ id: x, from: [bob] }] } }`,
    );
    expect(check(text)).toEqual([
      'rule_shadowed a: wherever it matches, `b` asks for all that it asks for',
    ]);
  });

  test('never because another asks for the same people: slots add up', () => {
    const slot = 'require: { approvals: [{ id: x, from: [bob] }] }';
    expect(check(rules(`{ name: a, ${slot} }`, `{ name: b, ${slot} }`))).toEqual([]);
  });

  test('of two that say the same, the later one', () => {
    expect(check(rules('{ name: a, deny: no }', '{ name: b, deny: never }'))).toEqual([
      'rule_shadowed b: wherever it matches, `a` denies',
    ]);
  });
});

test('what is too much to try is said to be unchecked', () => {
  const many = Array.from({ length: 14 }, (_, at) => `"t${at}" in step.tags`).join(' && ');
  const { findings, unchecked } = checkRules(
    parsePolicy(rule(`${many} && false`), 'policy.yaml'),
    known,
    nowMs,
  );
  expect(findings).toEqual([]);
  expect(unchecked).toEqual(['a']);
});

const atom = fc.constantFrom(
  'environment.name == "prod"',
  'environment.protected',
  'step.privileged',
  'step.kind == "http"',
  '"data" in step.tags',
  '"pii" in step.tags',
  'step.id == "restart"',
  'step.id.like("^re")',
  'initiator.kind == "agent"',
  'initiator.agent == null',
  '"ana" in initiator.people',
  'has(params.n)',
  'params.n > 3',
  'params.n <= 4',
  'params.n == 3',
  'run.reason == null',
  'run.ticket == "OPS-1"',
);

const pair = fc
  .tuple(atom, fc.constantFrom('&&', '||'), atom, fc.boolean())
  .map(([one, op, other, not]) => `${not ? '!' : ''}((${one}) ${op} (${other}))`);
/** Often a contradiction, so that there is something to call dead. */
const anyWhen = fc.oneof(
  atom,
  pair,
  fc.tuple(pair, atom).map(([one, other]) => `${one} && ${other} && !(${other})`),
  fc.tuple(atom, atom, atom).map(([one, other, third]) => `${one} && !(${other}) && ${third}`),
);
const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    environment: fc.constantFrom(...known.environments),
    step: fc.record({
      id: fc.constantFrom('restart', 'rest', 'other'),
      tags: fc.subarray(['data', 'pii', 'more']),
      privileged: fc.boolean(),
      kind: fc.constantFrom('run', 'exec', 'http'),
    }),
    params: fc.constantFrom({}, { n: 2 }, { n: 3 }, { n: 3.5 }, { n: 4 }, { n: 9 }, { n: 'x' }),
    run: fc.record({
      reason: fc.constantFrom(null, 'why'),
      ticket: fc.constantFrom(null, 'OPS-1', 'OPS-2'),
    }),
    initiator: fc.record({
      kind: fc.constantFrom('person', 'agent', 'ci', 'unknown'),
      people: fc.subarray(['ana', 'bob']),
      agent: fc.constantFrom(null, 'bot'),
    }),
  })
  .map(({ environment, ...rest }) => {
    const { hosts: _hosts, ...seen } = environment;
    return { ...someFacts(rest), environment: seen, params: rest.params };
  });
const demand = fc.constantFrom(
  'deny: no',
  'require: {}',
  'require: { reason: true }',
  'require: { reason: true, pending: 5m }',
  'require: { approvals: [{ id: x, from: [bob] }] }',
);
const anyTime = fc.integer({ min: 0, max: 7 * 24 - 1 }).map((hour) => nowMs + hour * 3_600_000);
/** The last one matches only where the first does. */
const someRules = fc
  .tuple(fc.array(fc.tuple(anyWhen, demand), { minLength: 2, maxLength: 3 }), atom, demand)
  .map(([rules, narrower, says]) => [
    ...rules,
    [`(${rules[0]?.[0] ?? 'true'}) && ${narrower}`, says] as const,
  ]);
const tries = fc.array(fc.tuple(anyFacts, anyTime), { minLength: 8, maxLength: 12 });

describe('for any rules', () => {
  test('what is called dead never matches', () => {
    let dead = 0;
    fc.assert(
      fc.property(anyWhen, tries, (when, tried) => {
        const policy = parsePolicy(rule(when), 'policy.yaml');
        const [found] = checkRules(policy, known, nowMs).findings;
        if (found?.kind === 'rule_dead' || found?.kind === 'rule_fails') {
          dead += 1;
          const outcomes = tried.map(([facts, at]) => evaluateWhen(when, facts, at).kind);
          expect(outcomes).not.toContain('matched');
        }
      }),
      { numRuns: 80 },
    );
    expect(dead).toBeGreaterThan(0);
  });

  test('what is called shadowed makes no difference', () => {
    let shadowed = 0;
    fc.assert(
      fc.property(someRules, tries, (rules, tried) => {
        const text = rules.map(
          ([when, says], at) => `  - { name: r${at}, when: '${when}', ${says} }\n`,
        );
        const policy = parsePolicy(`rules:\n${text.join('')}`, 'policy.yaml');
        const { findings } = checkRules(policy, known, nowMs);
        const found = findings.find(({ kind }) => kind === 'rule_shadowed');
        const rest = policy.rules.filter(({ name }) => name !== found?.rule);
        shadowed += policy.rules.length - rest.length;
        for (const [facts, at] of tried) {
          const without = found === undefined ? policy : { ...policy, rules: rest };
          expect(essence(without, facts, at)).toEqual(essence(policy, facts, at));
        }
      }),
      { numRuns: 40 },
    );
    expect(shadowed).toBeGreaterThan(0);
  });
});

/** A verdict without the names of the rules that it comes from. */
function essence(policy: Policy, facts: Facts, at: number): unknown {
  const verdict = evaluatePolicy(policy, facts, aContext({ nowMs: at }));
  return verdict.kind === 'ask' ? { ...verdict, evaluation: null } : verdict.kind;
}
