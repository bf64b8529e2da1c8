import {
  type ASTNode,
  Environment,
  EvaluationError,
  ParseError,
  TypeError,
} from '@marcbachmann/cel-js';
import { callsOf, loopDepth, type Reference, referencesIn } from './expression-tree.ts';
import {
  ExpressionError,
  type ExpressionProblem,
  Mark,
  type Scope,
  Secret,
  toCel,
  toJson,
} from './expression-value.ts';
import type { Json } from './json.ts';
import { lazy } from './lazy.ts';
import { like, patternProblem } from './regex.ts';
import { closest } from './suggest.ts';

/** Recorded with every policy evaluation, so that it can be replayed under the same implementation. */
export const celVersion = '@marcbachmann/cel-js 8.0.0';

/** What is known of a variable before there are values: a CEL type, or its fields. */
export type Shape =
  | 'dyn'
  | 'string'
  | 'int'
  | 'double'
  | 'bool'
  | 'timestamp'
  | 'list<string>'
  | 'map'
  | Variables;

/** Shapes by name. */
interface Variables {
  readonly [name: string]: Shape;
}

/**
 * What is wrong with an expression before there are values, or null: syntax, size, `matches`, unknown
 * names and fields, types. `expects` is the type its result must have.
 */
export function checkExpression(
  source: string,
  variables: Variables,
  expects?: 'bool' | 'string',
): ExpressionProblem | null {
  try {
    const tree = parseExpression(source);
    const references = referencesIn(tree);
    const problem = unknownName(references, variables);
    return problem ?? typeProblem(source, named(variables, references), expects);
  } catch (error) {
    if (error instanceof ExpressionError) {
      return { message: error.message, offset: error.offset, hint: error.hint };
    }
    throw error;
  }
}

/** The expression's tree, for `expression-tree.ts`. Throws ExpressionError. */
export function parseExpression(source: string): ASTNode {
  return read(source).ast;
}

type Read = ReturnType<ReturnType<typeof language>['parse']>;

function read(source: string): Read {
  const parsed = guard(() => language().parse(source));
  const { ast } = parsed;
  const depth = loopDepth(ast);
  if (depth > 2) {
    throw new ExpressionError({
      message: `${depth} loops stand inside each other, at most 2 may`,
      offset: 0,
    });
  }
  const [matches] = callsOf(ast, 'matches');
  if (matches !== undefined) {
    // Its regular expressions backtrack: a pattern of ten characters can hang the process.
    const hint = 'write `.like("…")`, which finds an RE2 pattern anywhere in the text';
    throw new ExpressionError({
      message: '`matches` is not available',
      offset: matches.offset,
      hint,
    });
  }
  for (const { args } of callsOf(ast, 'like')) {
    refuseBadPattern(args.at(-1));
  }
  return parsed;
}

/**
 * The expression's value. Whole numbers are ints inside; ints come out as numbers, timestamps as
 * RFC 3339. Throws ExpressionError where it has no value, or one that JSON cannot say exactly.
 */
export function evaluateExpression(source: string, scope: Scope): Json | Secret | Mark {
  return compileExpression(source)(scope);
}

/** As `evaluateExpression`, for whoever asks often. Throws what parsing throws; what it answers, the rest. */
export function compileExpression(source: string): Program {
  const parsed = read(source);
  return (scope) => {
    const { values } = scope instanceof ReadyScope ? scope : new ReadyScope(scope);
    const result = guard((): unknown => parsed(values));
    return result instanceof Secret || result instanceof Mark ? result : toJson(result);
  };
}

export type Program = (scope: Scope | ReadyScope) => Json | Secret | Mark;

/** A scope in the form that expressions work on, made once for many of them. */
export class ReadyScope {
  readonly values: object;
  /** What `scope` does not name stands as it does in `rest`. */
  constructor(scope: Scope, rest: ReadyScope | null = null) {
    // Without a prototype, so that `constructor` is an unknown name and not JavaScript's.
    this.values = Object.assign(Object.create(null) as object, rest?.values, toCel(scope));
  }
}

const language = lazy(() =>
  new Environment({
    limits: { maxAstNodes: 500, maxDepth: 40 },
    homogeneousAggregateLiterals: false,
    unlistedVariablesAreDyn: true,
  })
    .registerType('secret', { ctor: Secret, fields: {} })
    .registerType('mark', { ctor: Mark, fields: {} })
    .registerFunction('string.like(string): bool', like),
);

function refuseBadPattern(pattern: ASTNode | undefined): void {
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    return;
  }
  const problem = patternProblem(pattern.args);
  if (problem !== null) {
    throw new ExpressionError({ message: problem, offset: pattern.start });
  }
}

function unknownName(
  references: readonly Reference[],
  variables: Variables,
): ExpressionProblem | null {
  for (const { path, offsets } of references) {
    let shape: Shape = variables;
    for (const [index, name] of path.entries()) {
      if (typeof shape === 'string') {
        break;
      }
      const next: Shape | undefined = Object.hasOwn(shape, name) ? shape[name] : undefined;
      const parent = path.slice(0, index).join('.');
      if (next === undefined) {
        const offset = offsets[index] ?? 0;
        return { message: missing(parent, name), offset, hint: known(name, Object.keys(shape)) };
      }
      shape = next;
    }
    // A whole object would hide which of its fields is meant, and whether one of them is secret.
    if (typeof shape !== 'string') {
      const hint = known('', Object.keys(shape));
      return {
        message: `\`${path.join('.')}\` needs a name behind it`,
        offset: offsets[0] ?? 0,
        hint,
      };
    }
  }
  return null;
}

function missing(parent: string, name: string): string {
  return parent === '' ? `unknown name \`${name}\`` : `\`${parent}\` has no \`${name}\``;
}

function known(name: string, names: readonly string[]): string {
  const near = name === '' ? null : closest(name, names);
  if (near !== null) {
    return `did you mean \`${near}\`?`;
  }
  return names.length === 0 ? 'there is nothing in it' : `known here: ${names.join(', ')}`;
}

/** Those of the variables that an expression names: the library takes its time over each that is there. */
function named(variables: Variables, references: readonly Pick<Reference, 'path'>[]): Variables {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, shape]) => {
      const uses = references.filter(({ path }) => path[0] === name);
      const fields = uses.map(({ path }) => ({ path: path.slice(1) }));
      const kept = typeof shape === 'string' ? shape : named(shape, fields);
      return uses.length === 0 ? [] : [[name, kept]];
    }),
  );
}

function typeProblem(
  source: string,
  variables: Variables,
  expects: string | undefined,
): ExpressionProblem | null {
  const typed = language().clone({ unlistedVariablesAreDyn: false });
  for (const [name, shape] of Object.entries(variables)) {
    if (typeof shape === 'string') {
      typed.registerVariable(name, celType(shape));
    } else {
      typed.registerVariable({ name, schema: celSchema(shape) });
    }
  }
  const { valid, type, error } = typed.check(source);
  if (!valid) {
    return error === undefined ? { message: 'has no type', offset: 0 } : problemOf(error);
  }
  const fits = expects === undefined || type === expects || type === 'dyn';
  return fits
    ? null
    : { message: `the result must be ${expects}, but is ${type ?? 'unknown'}`, offset: 0 };
}

type CelSchema = { [field: string]: string | CelSchema };

function celSchema(shape: Variables): CelSchema {
  return Object.fromEntries(
    Object.entries(shape).map(([name, it]) => [
      name,
      typeof it === 'string' ? celType(it) : celSchema(it),
    ]),
  );
}

function celType(shape: Extract<Shape, string>): string {
  return shape === 'timestamp' ? 'google.protobuf.Timestamp' : shape;
}

/** The library's errors, and whatever a built-in throws (a bad time zone), become ours. */
function guard<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ExpressionError(problemOf(error));
  }
}

function problemOf(error: unknown): ExpressionProblem {
  if (
    error instanceof ParseError ||
    error instanceof EvaluationError ||
    error instanceof TypeError
  ) {
    return { message: inOurWords(error.summary), offset: error.range?.start ?? 0 };
  }
  return { message: inOurWords(error instanceof Error ? error.message : String(error)), offset: 0 };
}

function inOurWords(summary: string): string {
  const words = summary
    .replace(/dyn<(\w+)>/g, '$1')
    .replace('Unexpected token: EOF', 'unexpected end');
  return words.charAt(0).toLowerCase() + words.slice(1);
}
