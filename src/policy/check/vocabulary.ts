import type { Scope, Value } from '../../base/expression-value.ts';
import type { Environment } from '../../runbook/plan.ts';
import { type Asked, type Literal, literalsIn } from './abstract-when.ts';

/** What is known of the world that rules are about. */
export interface Known {
  readonly environments: readonly Environment[];
  /** Names in `people.yaml`. */
  readonly people: readonly string[];
}

/** One thing in which facts differ, and everything that it is tried with. */
export interface Dimension {
  /** The same in every rule that looks at it. */
  readonly key: string;
  readonly choices: readonly Choice[];
}

/** The facts with this one among them. */
export type Choice = (facts: Scope) => Scope;

/** The dimension of whatever a rule looks at, with the literals of all rules in it. */
export function openVocabulary(
  whens: readonly string[],
  known: Known,
): (asked: Asked) => Dimension {
  const literals = new Map<string, Set<Literal>>();
  for (const { path, literal } of whens.flatMap(literalsIn)) {
    const key = path.join('.');
    literals.set(key, (literals.get(key) ?? new Set()).add(literal));
  }
  const world = { known, literals };
  return (asked) => dimensionOf(asked, world);
}

/** A name in `abstract-when.ts` that stands for whatever cannot be tried: it may be either. */
export function unknown(name: string): Dimension {
  return {
    key: name,
    choices: [true, false].map((value) => (facts) => ({ ...facts, [name]: value })),
  };
}

/** Facts of a step about which no rule says anything. */
export const plainFacts: Scope = {
  environment: { name: 'local', vars: {}, protected: false },
  runbook: { name: 'runbook', trusted: true },
  step: { id: 'step', name: null, tags: [], privileged: true, kind: 'run' },
  params: {},
  run: { reason: null, ticket: null },
  initiator: {
    kind: 'person',
    caller: 'os:user@host',
    people: [],
    agent: null,
    ci: null,
    ci_actor: null,
  },
  now: new Date(Date.UTC(2026, 2, 2)),
};

interface World {
  readonly known: Known;
  readonly literals: ReadonlyMap<string, ReadonlySet<Literal>>;
}

function dimensionOf(asked: Asked, { known, literals }: World): Dimension {
  switch (asked.kind) {
    case 'week':
      return { key: 'now', choices: hoursOfAWeek() };
    case 'member': {
      const { path, literal } = asked;
      // Whoever is not in `people.yaml` stands in no chain.
      const impossible = path[0] === 'initiator' && !known.people.includes(literal);
      const key = `${path.join('.')} ${literal}`;
      return { key, choices: [asIs, ...(impossible ? [] : [withMember(path, literal)])] };
    }
    case 'value':
      return asked.path[0] === 'environment'
        ? { key: 'environment', choices: known.environments.map(inEnvironment) }
        : { key: asked.path.join('.'), choices: valuesOf(asked.path, literals) };
  }
}

const asIs: Choice = (facts) => facts;

function inEnvironment({ name, vars, protected: isProtected }: Environment): Choice {
  return (facts) => ({ ...facts, environment: { name, vars, protected: isProtected } });
}

function hoursOfAWeek(): readonly Choice[] {
  return Array.from({ length: 7 * 24 }, (_, hour) => {
    const now = new Date(Date.UTC(2026, 2, 2, hour));
    return (facts) => ({ ...facts, now });
  });
}

function withMember([root = '', name = '']: readonly string[], member: string): Choice {
  return (facts) => {
    const parent = mapOf(facts[root]);
    return { ...facts, [root]: { ...parent, [name]: [...listOf(parent[name]), member] } };
  };
}

/** Everything there is, where that is known; else whatever a rule compares it with, its neighbours, and something else. */
const closed: Readonly<Record<string, readonly Value[]>> = {
  'runbook.trusted': [true, false],
  'step.privileged': [true, false],
  'step.kind': ['run', 'exec', 'http', 'manual'],
  'initiator.kind': ['person', 'agent', 'ci', 'unknown'],
};
const nullable: ReadonlySet<string> = new Set([
  'step.name',
  'run.reason',
  'run.ticket',
  'initiator.agent',
  'initiator.ci',
  'initiator.ci_actor',
]);

function valuesOf(path: readonly string[], literals: World['literals']): readonly Choice[] {
  const key = path.join('.');
  const values = closed[key] ?? openValues(key, [...(literals.get(key) ?? [])]);
  const [root = '', name = ''] = path;
  const choices = values.map(
    (value): Choice =>
      (facts) => ({ ...facts, [root]: { ...mapOf(facts[root]), [name]: value } }),
  );
  // A parameter that a runbook does not have.
  return root === 'params' ? [asIs, ...choices] : choices;
}

function openValues(key: string, literals: readonly Literal[]): readonly Value[] {
  const isParam = key.startsWith('params.');
  const numbers = literals.filter((each) => typeof each === 'number');
  return [
    ...new Set<Value>([
      ...literals,
      ...numbers.flatMap((each) => [each - 1, each - 0.5, each + 0.5, each + 1]),
      // A text that no rule names: longer than each of them.
      `${literals.join('')}…`,
      ...(isParam ? [true, false] : []),
      ...(isParam || nullable.has(key) ? [null] : []),
    ]),
  ];
}

function mapOf(value: Value | undefined): Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Value>>)
    : {};
}

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}
