import { compileExpression } from '../../base/expression.ts';
import { ExpressionError, type Scope } from '../../base/expression-value.ts';
import { type Asked, abstractWhen } from './abstract-when.ts';
import { type Dimension, plainFacts, unknown } from './vocabulary.ts';

/** What a `when` comes to under everything that is tried. */
export interface TruthTable {
  readonly keys: readonly string[];
  /** How many choices each key has. */
  readonly sizes: readonly number[];
  readonly rows: readonly Row[];
}

export interface Row {
  /** Which choice of each key, in the order of `keys`. */
  readonly at: readonly number[];
  readonly outcome: 'matched' | 'unmatched' | 'failed';
}

/** A table of more rows than this is not made: then nothing is said about the rule. */
const mostRows = 3000;

/** Null where the expression cannot be taken apart, or there is too much to try. */
export function truthTable(
  when: string | null,
  dimensionOf: (asked: Asked) => Dimension,
): TruthTable | null {
  if (when === null) {
    return { keys: [], sizes: [], rows: [{ at: [], outcome: 'matched' }] };
  }
  const abstract = abstractWhen(when);
  if (abstract === null) {
    return null;
  }
  const all = [...abstract.paths.map(dimensionOf), ...abstract.unknowns.map(unknown)];
  const dimensions = [...new Map(all.map((each) => [each.key, each])).values()];
  const size = dimensions.reduce((rows, { choices }) => rows * choices.length, 1);
  if (size > mostRows) {
    return null;
  }
  const evaluate = compileExpression(abstract.source);
  const rows = assignments(dimensions).map(({ at, facts }) => ({
    at,
    outcome: outcomeOf(evaluate, facts),
  }));
  return {
    keys: dimensions.map(({ key }) => key),
    sizes: dimensions.map(({ choices }) => choices.length),
    rows,
  };
}

/**
 * The outcomes that both tables can have at once, each pair of them once: those of rows that choose the same
 * where both look. Every two rules of a policy are held together, so that rows are met by number.
 */
export function jointOutcomes(one: TruthTable, other: TruthTable): readonly Joint[] {
  const shared = one.keys.filter((key) => other.keys.includes(key));
  const here = outcomesBy(one, shared);
  const there = outcomesBy(other, shared);
  const joint = new Map<string, Joint>();
  for (const [choices, outcomes] of here) {
    for (const first of outcomes) {
      for (const second of there.get(choices) ?? []) {
        joint.set(`${first} ${second}`, [first, second]);
      }
    }
  }
  return [...joint.values()];
}

/** What one table, and what the other comes to. */
type Joint = readonly [Row['outcome'], Row['outcome']];

/** What a table can come to, by what it chooses for these keys, written as one number. */
function outcomesBy(
  { keys, sizes, rows }: TruthTable,
  shared: readonly string[],
): ReadonlyMap<number, ReadonlySet<Row['outcome']>> {
  const columns = shared.map((key) => keys.indexOf(key));
  const outcomes = new Map<number, Set<Row['outcome']>>();
  for (const { at, outcome } of rows) {
    let choices = 0;
    for (const column of columns) {
      choices = choices * (sizes[column] ?? 1) + (at[column] ?? 0);
    }
    const known = outcomes.get(choices);
    if (known === undefined) {
      outcomes.set(choices, new Set([outcome]));
    } else {
      known.add(outcome);
    }
  }
  return outcomes;
}

function assignments(
  dimensions: readonly Dimension[],
): readonly { readonly at: readonly number[]; readonly facts: Scope }[] {
  let all: readonly { readonly at: readonly number[]; readonly facts: Scope }[] = [
    { at: [], facts: plainFacts },
  ];
  for (const { choices } of dimensions) {
    all = all.flatMap(({ at, facts }) =>
      choices.map((choose, index) => ({ at: [...at, index], facts: choose(facts) })),
    );
  }
  return all;
}

function outcomeOf(evaluate: ReturnType<typeof compileExpression>, facts: Scope): Row['outcome'] {
  try {
    const value = evaluate(facts);
    if (typeof value === 'boolean') {
      return value ? 'matched' : 'unmatched';
    }
    return 'failed';
  } catch (error) {
    if (error instanceof ExpressionError) {
      return 'failed';
    }
    throw error;
  }
}
