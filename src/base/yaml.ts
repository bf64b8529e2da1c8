import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Node as SourceNode,
  visit,
  type YAMLError,
} from 'yaml';
import type { Json } from './json.ts';
import { InvalidFileError, type Position, type Problem } from './problem.ts';

/** A file somebody wrote, with the place of everything in it. */
export interface ParsedYaml {
  readonly file: string;
  readonly text: string;
  /** Code of the `InvalidFileError` that problems in this file end in. */
  readonly code: string;
  readonly root: YamlNode;
}

/** One value of the file. Anchors and aliases are already resolved. */
export type YamlNode =
  | { readonly kind: 'map'; readonly at: Position; readonly entries: readonly YamlEntry[] }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly YamlNode[] }
  | YamlScalar;

export interface YamlEntry {
  readonly key: string;
  readonly at: Position;
  readonly value: YamlNode;
}

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** As written, quotes and block header included. */
  readonly source: string;
}

/**
 * Reads one document of YAML 1.2's core schema. Throws InvalidFileError: for bad syntax with the first
 * error alone (what follows one is noise), else with every duplicate key, custom tag and value that JSON
 * cannot say. `code` is the error's code.
 */
export function parseYaml(text: string, file: string, code = 'file_invalid'): ParsedYaml {
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const reader = new Reader(document, text);
  const syntax = document.errors[0] ?? document.warnings[0];
  if (syntax !== undefined) {
    const at = reader.position(openingQuote(document, syntax) ?? syntax.pos[0]);
    const problem = { file, ...at, ...describe(syntax) };
    throw new InvalidFileError(code, [problem], text);
  }
  const root = reader.read(document.contents, { at: 0, depth: 0 });
  if (reader.problems.length > 0) {
    throw new InvalidFileError(
      code,
      reader.problems.map((problem) => ({ file, ...problem })),
      text,
    );
  }
  return { file, text, code, root };
}

/** The value without its places. Keys such as `__proto__` are ordinary keys. */
export function plainValue(node: YamlNode): Json {
  if (node.kind === 'scalar') {
    return node.value;
  }
  return node.kind === 'list'
    ? node.items.map(plainValue)
    : Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
}

/** The node under these keys and indexes, or null. */
export function nodeAt(node: YamlNode, path: readonly (string | number)[]): YamlNode | null {
  const [step, ...rest] = path;
  if (step === undefined) {
    return node;
  }
  const next = typeof step === 'number' ? itemOf(node, step) : valueOf(node, step);
  return next === null ? null : nodeAt(next, rest);
}

/** The value of `key` where `node` is a map that has it. */
export function valueOf(node: YamlNode, key: string): YamlNode | null {
  const entry = node.kind === 'map' ? node.entries.find((it) => it.key === key) : undefined;
  return entry?.value ?? null;
}

function itemOf(node: YamlNode, index: number): YamlNode | null {
  return (node.kind === 'list' ? node.items[index] : undefined) ?? null;
}

/**
 * Where character `index` of a text stands in the file; the start of the text where escapes or folding
 * make that unclear.
 */
export function positionIn(node: YamlNode, index: number): Position {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    return node.at;
  }
  const { at, source, value } = node;
  if (source === value) {
    return { line: at.line, column: at.column + index };
  }
  if (source.slice(1, -1) === value && !value.includes('\n')) {
    return { line: at.line, column: at.column + 1 + index };
  }
  return source.startsWith('|') ? positionInBlock(node, value, index) : at;
}

function positionInBlock(node: YamlScalar, value: string, index: number): Position {
  const before = value.slice(0, index).split('\n');
  const row = before.length;
  const written = node.source.split('\n')[row] ?? '';
  const shown = value.split('\n')[row - 1] ?? '';
  const indent = written.replace(/\r$/, '').length - shown.length;
  return { line: node.at.line + row, column: indent + (before.at(-1) ?? '').length + 1 };
}

type Found = Omit<Problem, 'file'>;

/** Aliases can double a file's size per line ("billion laughs"); nobody writes this much by hand. */
const maxNodes = 50_000;
const maxDepth = 64;

/** Turns the parser's tree into ours. Not exported: it lives for one call of `parseYaml`. */
class Reader {
  readonly problems: Found[] = [];
  readonly #document: Document.Parsed;
  readonly #text: string;
  readonly #lineStarts: readonly number[];
  #nodes = 0;

  constructor(document: Document.Parsed, text: string) {
    this.#document = document;
    this.#text = text;
    this.#lineStarts = [
      0,
      ...[...text.matchAll(/\r\n|\n|\r/g)].map((it) => it.index + it[0].length),
    ];
  }

  position(offset: number): Position {
    const after = this.#lineStarts.findIndex((start) => start > offset);
    const line = after === -1 ? this.#lineStarts.length : after;
    return { line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 };
  }

  /** `at` is where the value is expected, for values that are not written at all. */
  read(node: unknown, place: { at: number; depth: number }): YamlNode {
    const start = startOf(node) ?? place.at;
    const at = this.position(start);
    this.#nodes += 1;
    if (this.#nodes > maxNodes || place.depth > maxDepth) {
      return this.#refuse(at, 'the file is too large or nests too deeply');
    }
    const inner = { at: start, depth: place.depth + 1 };
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      return target === undefined
        ? this.#refuse(
            at,
            `there is no anchor \`&${node.source}\` above`,
            'write a text that starts with `*` in quotes',
          )
        : this.read(target, inner);
    }
    if (isMap(node)) {
      const entries = node.items.map((pair) => this.#entry(pair, inner));
      this.#refuseDuplicates(entries);
      return { kind: 'map', at: entries[0]?.at ?? at, entries };
    }
    if (isSeq(node)) {
      return { kind: 'list', at, items: node.items.map((item) => this.read(item, inner)) };
    }
    return this.#scalar(node, at);
  }

  #entry(pair: Pair, inner: { at: number; depth: number }): YamlEntry {
    const start = startOf(pair.key) ?? inner.at;
    const at = this.position(start);
    if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
      this.#refuse(at, 'a key must be text');
      return { key: '', at, value: { kind: 'scalar', at, value: null, source: '' } };
    }
    return { key: pair.key.value, at, value: this.read(pair.value, { ...inner, at: start }) };
  }

  #scalar(node: unknown, at: Position): YamlNode {
    const value: unknown = isScalar(node) ? node.value : null;
    const source = isScalar(node) ? this.#text.slice(...extentOf(node)) : '';
    if (typeof value === 'number' && !isExact(value)) {
      return this.#refuse(at, `the number ${source} cannot be kept exactly`, 'write it in quotes');
    }
    if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
      return this.#refuse(at, 'this text holds half a surrogate pair, which is not Unicode');
    }
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
      return { kind: 'scalar', at, value: value as YamlScalar['value'], source };
    }
    return this.#refuse(at, 'only text, numbers, true, false, lists and maps are values here');
  }

  #refuseDuplicates(entries: readonly YamlEntry[]): void {
    const first = new Map<string, YamlEntry>();
    for (const entry of entries) {
      const earlier = first.get(entry.key);
      if (earlier === undefined) {
        first.set(entry.key, entry);
      } else {
        const message = `\`${entry.key}\` stands here twice, first in line ${earlier.at.line}`;
        this.problems.push({ ...entry.at, message });
      }
    }
  }

  #refuse(at: Position, message: string, hint?: string): YamlNode {
    this.problems.push({ ...at, message, hint });
    return { kind: 'scalar', at, value: null, source: '' };
  }
}

function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function startOf(node: unknown): number | null {
  return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? extentOf(node)[0] : null;
}

function extentOf(node: SourceNode): [number, number] {
  const range = node.range;
  return [range?.[0] ?? 0, range?.[1] ?? 0];
}

/** A quote that is never closed is noticed at the end of the file, but made where it was opened. */
function openingQuote(document: Document.Parsed, error: YAMLError): number | null {
  let opened: number | null = null;
  visit(document, {
    Scalar(_key, node) {
      const [start, end] = extentOf(node);
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
      opened = quoted && error.code === 'MISSING_CHAR' && end >= error.pos[0] ? start : opened;
    },
  });
  return opened;
}

/** The parser's own words, in our form, with what usually helps. */
function describe(error: YAMLError): { message: string; hint?: string | undefined } {
  const words = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  const message = words
    .replace(/; please use .*$/, '')
    .replace(/(?<=missing closing .)quote/, ' quote');
  return { message: message.replace(/\.$/, ''), hint: hints[error.code] };
}

const hints: Readonly<Record<string, string>> = {
  BAD_INDENT: 'line it up with the entries above',
  BAD_SCALAR_START: 'write a value that starts with this character in quotes',
  BAD_COLLECTION_TYPE: 'tags (`!name`) are not supported',
  BLOCK_AS_IMPLICIT_KEY: 'write a value that holds `: ` in quotes',
  MULTILINE_IMPLICIT_KEY: 'a key needs `: ` behind it, on its own line',
  MULTIPLE_DOCS: 'one file holds one document; remove the `---`',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'tags (`!name`) are not supported',
};
