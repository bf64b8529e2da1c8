import type { ASTNode } from '@marcbachmann/cel-js';
import { parseExpression } from '../../base/expression.ts';
import { comparisonsIn, referencesIn } from '../../base/expression-tree.ts';

/**
 * A `when` in which everything that a finite set of facts can decide stands as it is, and the rest is a
 * name of its own, true or false: whatever it may come to is then looked at.
 */
export interface AbstractWhen {
  readonly source: string;
  /** What was replaced, by the names that replace it. The same text has the same name everywhere. */
  readonly unknowns: readonly string[];
  /** What the rest looks at. */
  readonly paths: readonly Asked[];
}

/** One fact that a `when` looks at. */
export type Asked =
  | { readonly kind: 'value'; readonly path: readonly string[] }
  /** `"data" in step.tags`. */
  | { readonly kind: 'member'; readonly path: readonly string[]; readonly literal: string }
  /** The weekday or the hour of `now`. */
  | { readonly kind: 'week' };

/** Null where the expression cannot be taken apart. Throws ExpressionError for one that cannot be read. */
export function abstractWhen(when: string): AbstractWhen | null {
  const atoms = atomsIn(parseExpression(when));
  const opaque = atoms.filter((atom) => !isCovered(atom));
  const source = replace(when, opaque);
  if (!isExpression(source)) {
    return null;
  }
  return {
    source,
    unknowns: [...new Set(opaque.map((atom) => nameOf(textOf(when, atom))))],
    paths: atoms.filter(isCovered).flatMap(askedIn),
  };
}

/** The texts, numbers and truths that names are compared with, by the name. */
export function literalsIn(when: string): readonly {
  readonly path: readonly string[];
  readonly literal: Literal;
  readonly offset: number;
}[] {
  return atomsIn(parseExpression(when)).flatMap((atom) => literalsOf(atom));
}

export type Literal = string | number | boolean;

/** The parts that `&&`, `||`, `!` and `?:` join. */
function atomsIn(node: ASTNode): readonly ASTNode[] {
  if (node.op === '!_') {
    return atomsIn(node.args);
  }
  return node.op === '&&' || node.op === '||' || node.op === '?:'
    ? node.args.flatMap(atomsIn)
    : [node];
}

const equalities: ReadonlySet<string> = new Set(['==', '!=', 'in']);
const comparisons: ReadonlySet<string> = new Set([...equalities, '<', '<=', '>', '>=']);
/** Facts that are lists: only what they hold can be asked. */
const lists: ReadonlySet<string> = new Set(['step.tags', 'initiator.people']);

/** True where the facts that `vocabulary.ts` tries are all there are, as far as this atom can tell. */
function isCovered(atom: ASTNode): boolean {
  if (atom.op === 'value' || isName(atom)) {
    return true;
  }
  if (atom.op === 'call') {
    return atom.args[0] === 'has';
  }
  if (!comparisons.has(atom.op) || !Array.isArray(atom.args)) {
    return false;
  }
  if (membersIn(atom).length > 0) {
    return true;
  }
  const sides = childrenOf(atom);
  const terms = sides.filter((side) => !isLiteral(side));
  const isOrder = !equalities.has(atom.op);
  return (
    terms.length === 1 &&
    terms.every((side) => isName(side) || isOfWeek(side)) &&
    !(isOrder && sides.some(isText)) &&
    !(atom.op === 'in' && isName(atom.args[1]))
  );
}

/** Texts have no neighbours that could be tried. */
function isText(node: ASTNode): boolean {
  return node.op === 'value' && typeof node.args === 'string';
}

function isOfWeek(node: ASTNode): boolean {
  if (node.op !== 'rcall') {
    return false;
  }
  const [name, receiver, args] = node.args;
  return (
    (name === 'getDayOfWeek' || name === 'getHours') &&
    receiver.op === 'id' &&
    receiver.args === 'now' &&
    args.every(isLiteral)
  );
}

/** One fact by its name, `now` and lists left out. */
function isName(node: ASTNode): boolean {
  const path = pathOf(node);
  return path !== null && path[0] !== 'now' && !lists.has(path.join('.'));
}

function pathOf(node: ASTNode): readonly string[] | null {
  const [reference, ...others] = referencesIn(node);
  const isPath = node.op === 'id' || node.op === '.' || node.op === '[]';
  return isPath && reference !== undefined && others.length === 0 ? reference.path : null;
}

function isLiteral(node: ASTNode): boolean {
  return (
    node.op === 'value' ||
    (node.op === '-_' && isLiteral(node.args)) ||
    (node.op === 'list' && node.args.every(isLiteral))
  );
}

function askedIn(atom: ASTNode): readonly Asked[] {
  if ([atom, ...childrenOf(atom)].some(isOfWeek)) {
    return [{ kind: 'week' }];
  }
  const members = membersIn(atom);
  return members.length > 0
    ? members
    : referencesIn(atom).map(({ path }) => ({ kind: 'value', path }));
}

/** Whether a list that is a fact holds a literal text. */
function membersIn(atom: ASTNode): readonly Asked[] {
  if (atom.op !== 'in') {
    return [];
  }
  const [needle, hay] = atom.args;
  const path = pathOf(hay);
  return path !== null &&
    lists.has(path.join('.')) &&
    needle.op === 'value' &&
    typeof needle.args === 'string'
    ? [{ kind: 'member', path, literal: needle.args }]
    : [];
}

function literalsOf(atom: ASTNode): ReturnType<typeof literalsIn> {
  const texts = comparisonsIn(atom);
  if (!comparisons.has(atom.op)) {
    return texts;
  }
  const sides = childrenOf(atom);
  const path = sides.map(pathOf).find((each) => each !== null);
  const others = sides.filter(isLiteral).flatMap(valuesIn);
  return path === undefined || path === null
    ? texts
    : [...texts, ...others.map((literal) => ({ path, literal, offset: atom.start }))];
}

/** Numbers and truths; texts are found by `comparisonsIn`, with their places. */
function valuesIn(node: ASTNode): readonly (number | boolean)[] {
  if (node.op === 'list') {
    return node.args.flatMap(valuesIn);
  }
  if (node.op === '-_') {
    return valuesIn(node.args).map((value) => -Number(value));
  }
  const value: unknown = node.args;
  if (typeof value === 'bigint' || typeof value === 'number') {
    return [Number(value)];
  }
  return typeof value === 'boolean' ? [value] : [];
}

function childrenOf({ args }: ASTNode): readonly ASTNode[] {
  const all: readonly unknown[] = Array.isArray(args) ? args : [args];
  return all.filter(
    (each): each is ASTNode => typeof each === 'object' && each !== null && 'op' in each,
  );
}

function replace(when: string, atoms: readonly ASTNode[]): string {
  return [...atoms]
    .sort((one, other) => other.start - one.start)
    .reduce(
      (text, atom) =>
        `${text.slice(0, atom.start)}${nameOf(textOf(when, atom))}${text.slice(atom.end)}`,
      when,
    );
}

function textOf(when: string, { start, end }: ASTNode): string {
  return when.slice(start, end);
}

/** A name that no fact has, made of the text. */
function nameOf(text: string): string {
  return `unknown_${Buffer.from(text).toString('hex')}`;
}

/** A bracket may stand around part of what was replaced; then what is left cannot be read. */
function isExpression(source: string): boolean {
  try {
    parseExpression(source);
    return true;
  } catch {
    return false;
  }
}
