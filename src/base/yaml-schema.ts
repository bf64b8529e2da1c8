import type { Json, JsonObject } from './json.ts';
import { InvalidFileError, type Position, type Problem } from './problem.ts';
import { type ParsedYaml, plainValue, type YamlNode } from './yaml.ts';

/**
 * What a written file may say: one source for the check, its messages, the type and the JSON Schema.
 * Texts, numbers and durations are in `yaml-scalars.ts`, objects and lists in `yaml-collections.ts`.
 *
 * ```ts
 * const ruleFile = object({
 *   name: text(),
 *   when: optional(text()),                       // string | null
 *   pending: optional(duration(), 1_800_000),     // number, in milliseconds
 *   from: list(text({ pattern: /^[a-z_:]+$/, example: 'group:sre' }), { min: 1 }),
 * });
 * type RuleFile = Checked<typeof ruleFile>;
 * const file = object({ rules: optional(list(ruleFile), []) });
 * const { rules } = checkDocument(file, parseYaml(source, 'policy.yaml', 'policy_invalid'));
 * ```
 *
 * For checks of meaning `refine` a schema; where a check needs the whole file, keep nodes with `located`,
 * use `readDocument` and add to its problems. Several forms of one value: `either`.
 */
export interface Schema<T> {
  /** What belongs here, for messages: `text`, `a list`. */
  readonly expected: string;
  readonly json: JsonObject;
  /** Present where the key may be left out: the value that then stands. */
  readonly absent?: { readonly value: T };
  /** Present where the rest is checked though this required key is wrong or missing: see `required`. */
  standIn?(node: YamlNode): T;
  /** Reports what is wrong and returns `invalid`, or returns the value. */
  read(node: YamlNode, place: Place): T | Invalid;
}

/** The type a schema yields. */
export type Checked<S> = S extends Schema<infer T> ? T : never;

/** Stands for a value whose problem has been reported. */
export const invalid: unique symbol = Symbol('invalid');
export type Invalid = typeof invalid;

/** Where a value stands, and where its problems go. */
export interface Place {
  /** The value's name in messages: its key, `tags[0]`, or `the file`. */
  readonly name: string;
  report(at: Position, message: string, hint?: string): void;
}

/** The value, or InvalidFileError (exit 2) with all problems at once. */
export function checkDocument<T>(schema: Schema<T>, document: ParsedYaml): T {
  const { value, problems } = readDocument(schema, document);
  if (value === invalid || problems.length > 0) {
    throw new InvalidFileError(document.code, problems, document.text);
  }
  return value;
}

/**
 * As `checkDocument`, for callers that add problems of their own before they throw: list items, map
 * entries and optional keys that are wrong are reported and left out, `required` ones have a stand-in, so
 * that the rest can still be checked.
 */
export function readDocument<T>(
  schema: Schema<T>,
  document: ParsedYaml,
): { readonly value: T | Invalid; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Place['report'] = (at, message, hint) => {
    problems.push({ file: document.file, ...at, message, hint });
  };
  return { value: schema.read(document.root, { name: 'the file', report }), problems };
}

/** A document that is only `node` of `document`; problems in it still name the right lines. */
export function sectionOf(document: ParsedYaml, node: YamlNode): ParsedYaml {
  return { ...document, root: node };
}

/** A key that may be left out; `fallback` (null unless given) then stands. */
export function optional<T>(schema: Schema<T>): Schema<T | null>;
export function optional<T>(schema: Schema<T>, fallback: T): Schema<T>;
export function optional<T, D>(schema: Schema<T>, fallback: D): Schema<T | D>;
export function optional<T>(schema: Schema<T>, fallback: unknown = null): Schema<unknown> {
  return { ...schema, absent: { value: fallback } };
}

/**
 * A key that must be there. Where it is wrong or missing that is reported, and `standIn` is taken so that
 * everything beside it can still be checked; it is made of the node that is wrong, or lacks the key. Such
 * a document has a problem, so the stand-in never leaves it.
 */
export function required<T>(schema: Schema<T>, standIn: (node: YamlNode) => T): Schema<T> {
  return { ...schema, standIn };
}

/** A further check, or another form of the value, once its shape is right. */
export function refine<T, U>(
  schema: Schema<T>,
  check: (value: T, node: YamlNode, place: Place) => U | Invalid,
): Schema<U> {
  return {
    expected: schema.expected,
    json: schema.json,
    read(node, place) {
      const value = schema.read(node, place);
      return value === invalid ? invalid : check(value, node, place);
    },
  };
}

/** The value together with its node. */
export interface Located<T> {
  readonly value: T;
  readonly node: YamlNode;
}

/** Keeps the node, for problems that only a later check can find. */
export function located<T>(schema: Schema<T>): Schema<Located<T>> {
  return refine(schema, (value, node) => ({ value, node }));
}

/** Whatever the file says, as JSON. */
export function anything(): Schema<Json> {
  return { expected: 'a value', json: {}, read: plainValue };
}

/** That part of the file itself, for a schema that somebody else owns: see `sectionOf`. */
export function raw(): Schema<YamlNode> {
  return { expected: 'a value', json: {}, read: (node) => node };
}

/** Adds to the JSON Schema: a `description` for editors to show, a constraint that `refine` checks. */
export function annotated<T>(schema: Schema<T>, json: JsonObject): Schema<T> {
  return { ...schema, json: { ...schema.json, ...json } };
}

/** Reports that something else stands here than belongs here. */
export function mismatch(
  node: YamlNode,
  place: Place,
  wanted: { readonly expected: string; readonly hint?: string | undefined },
): Invalid {
  const name = place.name === 'the file' ? place.name : `\`${place.name}\``;
  const message = `${name} must be ${wanted.expected}, not ${whatStands(node)}`;
  place.report(node.at, message, wanted.hint);
  return invalid;
}

function whatStands(node: YamlNode): string {
  if (node.kind !== 'scalar') {
    return `a ${node.kind}`;
  }
  if (node.value === null) {
    return 'empty';
  }
  return typeof node.value === 'string'
    ? `\`${node.value.length > 40 ? `${node.value.slice(0, 40)}…` : node.value}\``
    : `the ${typeof node.value} ${String(node.value)}`;
}

/** ``did you mean `x`?``, or nothing. */
export function suggestion(near: string | null): string | undefined {
  return near === null ? undefined : `did you mean \`${near}\`?`;
}
