import { expect, test } from 'vitest';
import { evaluatePolicy } from '../../src/policy/evaluate.ts';
import { explainVerdict } from '../../src/policy/explain.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { aContext, someFacts } from './builders.ts';

const explain = (text: string, isPrivileged: boolean) =>
  explainVerdict(
    evaluatePolicy(
      parsePolicy(text, 'policy.yaml'),
      someFacts({ step: { privileged: isPrivileged } }),
      aContext({ agentInChain: true }),
    ),
  );

test('a verdict is explained in lines for people', () => {
  expect(explain('', false)).toEqual([
    'runs without approval: it is not privileged and no rule asks for one',
  ]);
  expect(explain('rules: [{ name: freeze, deny: not before Monday }]', true)).toEqual([
    'denied by rule `freeze`: not before Monday',
  ]);
  const two = `
rules:
  - name: two
    require: { reason: true, approvals: [{ id: peer, count: 2, from: [group:sre, carol], assurance: A3 }] }
`;
  expect(explain(two, true)).toEqual([
    'needs 2 approvals at `A3` with a touch from `group:sre` or `carol` (`two/peer`; eligible: bob)',
    'needs a reason (`--reason`)',
    'waits 30m for decisions; an approval holds 10m',
    'rule `two` matched',
  ]);
});

test('a slot says who else, when and how', () => {
  const text = `
lists: { oncall: { file: /etc/oncall } }
rules:
  - name: a
    require:
      approvals: [{ id: x, from: ["list:oncall"], assurance: A3, pin: true, escalate: [{ after: 10m, to: [carol] }] }]
      exclude: [earlier_approver]
      remind: 5m
`;
  const verdict = evaluatePolicy(
    parsePolicy(text, 'policy.yaml'),
    someFacts(),
    aContext({
      approvedBefore: ['dave'],
      lists: () => ({ people: [], unknown: [], error: 'it did not finish' }),
    }),
  );
  expect(explainVerdict(verdict)).toEqual([
    'needs 1 approval at `A3` with a touch and a PIN from `list:oncall` (`a/x`; eligible: bob; `list:oncall` named nobody; after 10m also `carol`: bob; not dave, who approved another step of this run)',
    '`list:oncall` names nobody, for it could not be asked: it did not finish',
    'waits 30m for decisions; an approval holds 10m; reminds every 5m',
    'rule `a` matched',
  ]);
});
