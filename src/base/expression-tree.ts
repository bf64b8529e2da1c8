import type { ASTNode } from '@marcbachmann/cel-js';

/** A name followed by its constant selections: `steps.health.outputs["leader"]`. */
export interface Reference {
  readonly path: readonly string[];
  /** Where each part of the path starts in the source. */
  readonly offsets: readonly number[];
  /** `result`: passed on as it is. `presence`: in `has(…)` or compared with null. */
  readonly use: 'result' | 'presence' | 'operand';
}

/** `PATH == "literal"`, `PATH != "literal"`, `PATH in ["literal", …]`, in either order. */
export interface Comparison {
  readonly path: readonly string[];
  readonly literal: string;
  readonly offset: number;
}

/** Every name the expression takes from its scope; variables that macros bind are left out. */
export function referencesIn(tree: ASTNode): readonly Reference[] {
  return collect(tree, { bound: new Set(), use: 'result' });
}

/** Every comparison of a name with a literal text. */
export function comparisonsIn(tree: ASTNode): readonly Comparison[] {
  const inner = childrenOf(tree).flatMap(comparisonsIn);
  if (tree.op !== '==' && tree.op !== '!=' && tree.op !== 'in') {
    return inner;
  }
  const [left, right] = tree.args;
  const path = pathOf(left) ?? pathOf(right);
  const literals = [left, right].flatMap((it) => (it.op === 'list' ? it.args : [it]));
  const found = literals.flatMap((it) =>
    path !== null && it.op === 'value' && typeof it.args === 'string'
      ? [{ path: path.path, literal: it.args, offset: it.start }]
      : [],
  );
  return [...found, ...inner];
}

/** Calls of this function or method, with the offset of each. */
export function callsOf(
  tree: ASTNode,
  name: string,
): readonly { offset: number; args: readonly ASTNode[] }[] {
  const inner = childrenOf(tree).flatMap((it) => callsOf(it, name));
  if (tree.op === 'rcall' && tree.args[0] === name) {
    return [{ offset: tree.args[1].end + 1, args: tree.args[2] }, ...inner];
  }
  return tree.op === 'call' && tree.args[0] === name
    ? [{ offset: tree.pos, args: tree.args[1] }, ...inner]
    : inner;
}

/** How deep loops stand inside each other: cost grows with the power of it. */
export function loopDepth(tree: ASTNode): number {
  const inner = childrenOf(tree).map(loopDepth);
  if (tree.op !== 'rcall' || !loops.has(tree.args[0])) {
    return Math.max(0, ...inner);
  }
  const [, receiver, args] = tree.args;
  return Math.max(loopDepth(receiver), 1 + Math.max(0, ...args.map(loopDepth)));
}

const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

interface Context {
  readonly bound: ReadonlySet<string>;
  readonly use: Reference['use'];
}

function collect(node: ASTNode, context: Context): readonly Reference[] {
  const reference = pathOf(node);
  if (reference !== null) {
    const root = reference.path[0] ?? '';
    return context.bound.has(root) ? [] : [{ ...reference, use: context.use }];
  }
  const operand: Context = { ...context, use: 'operand' };
  if (node.op === '?:') {
    const [test, yes, no] = node.args;
    return [...collect(test, operand), ...collect(yes, context), ...collect(no, context)];
  }
  if (node.op === '==' || node.op === '!=') {
    const use = node.args.some(isNull) ? 'presence' : 'operand';
    return node.args.flatMap((it) => collect(it, { ...context, use }));
  }
  if (node.op === 'call' && node.args[0] === 'has') {
    return node.args[1].flatMap((it) => collect(it, { ...context, use: 'presence' }));
  }
  return node.op === 'rcall'
    ? collectCall(node, operand)
    : childrenOf(node).flatMap((it) => collect(it, operand));
}

function collectCall(node: ASTNode & { op: 'rcall' }, context: Context): readonly Reference[] {
  const [name, receiver, args] = node.args;
  const isBind = name === 'bind' && receiver.op === 'id' && receiver.args === 'cel';
  const variable = args[0];
  if ((loops.has(name) || isBind) && variable?.op === 'id') {
    const inside = { ...context, bound: new Set([...context.bound, variable.args]) };
    const outer = isBind ? [] : collect(receiver, context);
    return [...outer, ...args.slice(1).flatMap((it) => collect(it, inside))];
  }
  return [receiver, ...args].flatMap((it) => collect(it, context));
}

function pathOf(node: ASTNode): { path: readonly string[]; offsets: readonly number[] } | null {
  if (node.op === 'id') {
    return { path: [node.args], offsets: [node.start] };
  }
  if (node.op === '.') {
    const [from, name] = node.args;
    return extend(from, { name, offset: node.pos });
  }
  if (node.op === '[]') {
    const [from, key] = node.args;
    return key.op === 'value' && typeof key.args === 'string'
      ? extend(from, { name: key.args, offset: key.start })
      : null;
  }
  return null;
}

function extend(
  from: ASTNode,
  { name, offset }: { name: string; offset: number },
): ReturnType<typeof pathOf> {
  const head = pathOf(from);
  return head === null ? null : { path: [...head.path, name], offsets: [...head.offsets, offset] };
}

function isNull(node: ASTNode): boolean {
  return node.op === 'value' && node.args === null;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  return nodesIn(node.args);
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) {
    return args.flatMap(nodesIn);
  }
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
