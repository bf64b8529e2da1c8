import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addLink,
  type Caller,
  type Claims,
  resolveInitiator,
  resumerLinks,
} from '../../src/approval/people/initiator.ts';
import type { Initiator } from '../../src/approval/people/people.ts';
import { viewsOf } from '../../src/approval/people/views.ts';
import { eligibleFor } from '../../src/approval/tally/eligible.ts';
import { type TallyDecision, tally } from '../../src/approval/tally/tally.ts';
import { evaluatePolicy } from '../../src/policy/evaluate.ts';
import type { Verdict } from '../../src/policy/policy.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { aContext, someFacts } from '../policy/builders.ts';
import { aDecision, aPerson } from './builders.ts';

/**
 * Whatever rules look at of the chain, and however they turn it round: what is granted, or runs unasked, with
 * more claims behind it does so with fewer.
 */
const staff = {
  people: [
    aPerson('ana', { osUsers: ['ana@web1'], agents: ['ci:github/ana'] }),
    aPerson('bob', { osUsers: ['bob@web1'], agents: ['deploy-bot'] }),
    aPerson('kim', { agents: ['rogue', 'ci:github/acme/infra'] }),
    aPerson('robin'),
    aPerson('zoe'),
  ],
};
const createdMs = Date.parse('2026-03-02T12:00:00.000Z');

const anyAtom = fc.constantFrom(
  ...['person', 'agent', 'ci', 'unknown'].map((kind) => `initiator.kind == "${kind}"`),
  ...['deploy-bot', 'rogue'].map((id) => `initiator.agent == "${id}"`),
  ...['ana', 'bob', 'kim'].map((name) => `"${name}" in initiator.people`),
  'initiator.agent == null',
  'initiator.ci == "github/acme/infra"',
  'initiator.ci == null',
  'size(initiator.people) == 1',
);
/** That nobody said who set a job off is the one thing that a claim may change: a rule can ask for it. */
const anyLiteral = fc.oneof(
  { weight: 12, arbitrary: anyAtom.map((atom) => `(${atom})`) },
  { weight: 12, arbitrary: anyAtom.map((atom) => `!(${atom})`) },
  { weight: 1, arbitrary: fc.constant('initiator.ci_actor == "github/ana"') },
);
const anyWhen = fc
  .tuple(fc.array(anyLiteral, { minLength: 1, maxLength: 3 }), fc.constantFrom(' && ', ' || '))
  .map(([literals, operator]) => literals.join(operator));
const anyEffect = fc.constantFrom(
  'deny: "no"',
  ...["'*'", 'robin', 'zoe', 'bob', 'kim'].map(
    (from) => `require: { approvals: [{ id: s, from: [${from}] }] }`,
  ),
  "require: { control: dual, approvals: [{ id: s, count: 2, from: ['*'] }] }",
  'require: { pending: 10m }',
);
const anyPolicy = fc
  .tuple(
    fc.array(fc.tuple(anyWhen, anyEffect), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('dual', 'supervised'),
  )
  .map(([rules, control]) => {
    const written = rules.map(
      ([when, effect], at) => `  - { name: r${at}, when: '${when}', ${effect} }`,
    );
    return parsePolicy(
      `floor: { control: ${control} }\nrules:\n${written.join('\n')}\n`,
      'policy.yaml',
    );
  });

const maybe = <T>(...values: readonly T[]) => fc.constantFrom(undefined, undefined, ...values);
const anyClaims: fc.Arbitrary<Claims & { readonly sudoUser?: string | undefined }> = fc.record({
  agent: maybe('deploy-bot', 'rogue', 'unowned'),
  ci: maybe(
    { identity: 'github/acme/infra', actor: 'github/ana' },
    { identity: 'github/acme/other', actor: 'github/eve' },
  ),
  onBehalfOf: maybe('ana', 'bob', 'kim'),
  sudoUser: maybe('ana', 'bob'),
});
const anyAccount: fc.Arbitrary<Caller> = fc.constantFrom(
  { osUser: 'ana@web1' },
  { osUser: 'runner@vm7' },
  { token: '4f7a', holder: { kind: 'person', id: 'ana' } },
  { token: '4f7b', holder: { kind: 'agent', id: 'deploy-bot' } },
  { token: '4f7c', holder: { kind: 'ci', id: 'github/acme/infra' } },
);
const anyDecisions = fc
  .uniqueArray(fc.constantFrom('ana', 'bob', 'kim', 'robin', 'zoe'), { minLength: 1 })
  .map((names) =>
    names.map((name, at) =>
      aDecision(name, 10 + at, { assurance: 'A3', presence: true, atMs: createdMs + at }),
    ),
  );

type Policy = ReturnType<typeof parsePolicy>;

function judge(policy: Policy, initiator: Initiator): Verdict {
  return evaluatePolicy(
    policy,
    someFacts({ step: { privileged: true } }),
    aContext({
      nowMs: createdMs,
      eligible: (slot) => eligibleFor(slot, { people: staff, initiator }),
      agentInChain: initiator.chain.some(({ role }) => role === 'agent'),
      views: viewsOf(initiator.chain),
    }),
  );
}

function runs(policy: Policy, initiator: Initiator, decisions: readonly TallyDecision[]): boolean {
  const verdict = judge(policy, initiator);
  if (verdict.kind !== 'ask') {
    return verdict.kind === 'none';
  }
  const counted = tally({
    slots: verdict.slots,
    decisions,
    uses: 1,
    used: 0,
    nowMs: createdMs + 60_000,
    createdMs,
    pendingUntilMs: createdMs + verdict.pendingMs,
    unusedMs: verdict.unusedMs,
    eligible: (slot, ageMs) => eligibleFor(slot, { people: staff, initiator }, ageMs),
  });
  return counted.kind === 'granted';
}

function neverEasier<More>(
  what: string,
  anyMore: fc.Arbitrary<More>,
  adding: (caller: Caller, more: More) => Initiator,
): void {
  test(`${what} never makes anything easier`, () => {
    fc.assert(
      fc.property(
        fc.tuple(anyAccount, anyClaims).map(([account, claims]) => ({ ...account, ...claims })),
        anyMore,
        anyPolicy,
        anyDecisions,
        (caller, more, policy, decisions) => {
          if (runs(policy, adding(caller, more), decisions)) {
            expect(runs(policy, resolveInitiator(staff, caller), decisions)).toBe(true);
          }
        },
      ),
      { numRuns: 250 },
    );
  });
}

neverEasier('a claim at the start', anyClaims, (caller, more) => {
  const { agent = more.agent, ci = more.ci, onBehalfOf = more.onBehalfOf } = caller;
  return resolveInitiator(staff, { ...more, ...caller, agent, ci, onBehalfOf });
});

neverEasier(
  'whoever resumes the run, and what they claim,',
  fc.tuple(anyAccount, anyClaims),
  (caller, [account, claims]) =>
    resumerLinks(staff, { ...account, ...claims }).reduce(addLink, resolveInitiator(staff, caller)),
);
