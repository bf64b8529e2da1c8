import { compileExpression } from '../../base/expression.ts';
import { ExpressionError, type Scope } from '../../base/expression-value.ts';
import { type Asked, abstractWhen } from './abstract-when.ts';
import { type Dimension, plainFacts, unknown } from './vocabulary.ts';

/** What a `when` comes to under everything that is tried. */
export interface TruthTable {
  readonly keys: readonly string[];
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
    return { keys: [], rows: [{ at: [], outcome: 'matched' }] };
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
  return { keys: dimensions.map(({ key }) => key), rows };
}

/** The outcomes that both tables can have at once: pairs of rows that choose the same where both look. */
export function jointRows(one: TruthTable, other: TruthTable): readonly (readonly [Row, Row])[] {
  const shared = one.keys.flatMap((key, index) => {
    const there = other.keys.indexOf(key);
    return there === -1 ? [] : [[index, there] as const];
  });
  const groups = new Map<string, Row[]>();
  for (const row of other.rows) {
    const key = shared.map(([, there]) => row.at[there]).join();
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return one.rows.flatMap((row) => {
    const key = shared.map(([here]) => row.at[here]).join();
    return (groups.get(key) ?? []).map((match) => [row, match] as const);
  });
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
