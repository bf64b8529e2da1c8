import { evaluatePolicy } from '../../policy/evaluate.ts';
import type { Facts } from '../../policy/facts.ts';
import type { ListAnswer, Policy, Rule, Slot } from '../../policy/policy.ts';
import type { Initiator, People } from '../people/people.ts';
import { eligibleFor } from '../tally/eligible.ts';

/** Somebody who might start a run. */
export interface Starter {
  /** In words; null for somebody of whom nothing is known. */
  readonly words: string | null;
  /** Null: any. */
  readonly kind: Initiator['kind'] | null;
  readonly initiator: Initiator;
}

/** A stranger, each person, and one agent of each who owns any. */
export function startersOf({ people }: People): readonly Starter[] {
  const persons = people.map(({ name }) => starter('person', `\`${name}\``, [caller(name)]));
  const agents = people.flatMap(({ name, agents: [agent] }) =>
    agent === undefined
      ? []
      : [
          starter('agent', `an agent of \`${name}\``, [
            { role: 'caller', identity: 'token:as-if', person: null },
            { role: 'agent', identity: `agent:${agent}`, person: null },
            { role: 'agent_owner', identity: `person:${name}`, person: name },
          ]),
        ],
  );
  const stranger: Starter = {
    words: null,
    kind: null,
    initiator: { kind: 'unknown', chain: [] },
  };
  return [stranger, ...persons, ...agents];
}

/** The slots that a rule adds, alone, where it matches. */
export function slotsFor(
  rule: Rule,
  { initiator }: Starter,
  { policy, people }: { readonly policy: Policy; readonly people: People },
): readonly Slot[] {
  const always: Rule = { ...rule, when: null, during: [], outside: [] };
  const everybody: ListAnswer = {
    people: people.people.map(({ name }) => name),
    unknown: [],
    error: null,
  };
  const verdict = evaluatePolicy(
    { ...policy, rules: [always], grants: [], breakGlass: [] },
    someStep,
    {
      nowMs: 0,
      config: 0,
      policyDigest: '',
      peopleDigest: '',
      eligible: (slot) => eligibleFor(slot, { people, initiator }),
      agentInChain: initiator.kind === 'agent',
      asked: {
        breakGlass: null,
        overrides: rule.override === null ? [] : [rule.name],
        reuse: null,
      },
      authors: [],
      authorOf: () => null,
      approvedBefore: [],
      approversGone: [],
      lists: () => everybody,
    },
  );
  return verdict.kind === 'ask' ? verdict.slots : [];
}

const someStep: Facts = {
  environment: { name: 'local', vars: {}, protected: false },
  runbook: { name: 'runbook', trusted: true },
  step: { id: 'step', name: null, tags: [], privileged: true, kind: 'run' },
  params: {},
  run: { reason: null, ticket: null },
  initiator: { kind: 'person', caller: '', people: [], agent: null, ci: null, ci_actor: null },
};

function caller(name: string): Initiator['chain'][number] {
  return { role: 'caller', identity: `person:${name}`, person: name };
}

function starter(kind: Initiator['kind'], words: string, chain: Initiator['chain']): Starter {
  return { words, kind, initiator: { kind, chain } };
}
