import { IntegrityError, InternalError, type RunbookError, UsageError } from './errors.ts';
import type { Json } from './json.ts';

/** Nothing we store is deeper; a deeper text is an attack on the stack of whoever reads it. */
const maxDepth = 100;

const loneSurrogate = /\p{Surrogate}/u;

/**
 * The one text of a JSON value (RFC 8785): keys in UTF-16 order, no white space, ECMAScript numbers.
 * Throws UsageError `lone_surrogate` for text that is not Unicode, and InternalError `not_json` for
 * undefined, NaN, infinities, bigint, functions, objects with `toJSON` or another prototype, sparse
 * arrays, and nesting beyond 100: what JSON cannot say must not be signed as something else.
 */
export function canonicalize(value: unknown): string {
  return write(value, formatNumber, 0);
}

/**
 * The profile of leaves and statements: as `canonicalize`, but numbers are integers of at most 2^53-1,
 * and -0 is refused, so that every language reads the same value.
 */
export function canonicalizeStrict(value: unknown): string {
  return write(value, formatInteger, 0);
}

/**
 * Reads a text only if it is its own canonical form. Duplicate keys, white space and other spellings of
 * a number cannot hide in it. Throws IntegrityError `not_canonical`.
 */
export function parseCanonical(text: string): Json {
  return parseExactly(text, canonicalize);
}

/** As `parseCanonical`, for the profile of `canonicalizeStrict`. */
export function parseCanonicalStrict(text: string): Json {
  return parseExactly(text, canonicalizeStrict);
}

type NumberFormat = (value: number) => string;

function write(value: unknown, number: NumberFormat, depth: number): string {
  if (value === null || typeof value === 'boolean') {
    return String(value);
  }
  if (typeof value === 'string') {
    return writeString(value);
  }
  if (typeof value === 'number') {
    return number(value);
  }
  if (typeof value === 'object') {
    return writeContainer(value, number, depth);
  }
  throw notJson(`a value of type ${typeof value}`);
}

function writeContainer(value: object, number: NumberFormat, depth: number): string {
  if (depth >= maxDepth) {
    throw notJson(`a value nested deeper than ${maxDepth}`);
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    throw notJson('an object with `toJSON`');
  }
  if (Array.isArray(value)) {
    // Array.from visits holes, which `map` would skip.
    return `[${Array.from(value, (item: unknown) => write(item, number, depth + 1)).join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notJson('an object that is not plain');
  }
  // Sorting strings by code unit is what RFC 8785 3.2.3 asks for, and what `sort` does.
  const members = value as Readonly<Record<string, unknown>>;
  return `{${Object.keys(members)
    .sort()
    .map((key) => `${writeString(key)}:${write(members[key], number, depth + 1)}`)
    .join(',')}}`;
}

/** Text that stands for itself between quotes: nearly all there is. */
const simple = /^[ !#-[\]-~]*$/;

function writeString(text: string): string {
  if (simple.test(text)) {
    return `"${text}"`;
  }
  if (loneSurrogate.test(text)) {
    throw new UsageError({
      code: 'lone_surrogate',
      message: 'text holds half a surrogate pair, which is not Unicode',
      hint: 'remove the `\\ud800`…`\\udfff` escape that stands alone',
    });
  }
  // JSON.stringify escapes exactly what RFC 8785 3.2.2.2 lists, once lone surrogates are excluded.
  return JSON.stringify(text);
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    throw notJson(`the number ${value}`);
  }
  return JSON.stringify(value);
}

function formatInteger(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    throw notJson(`the number ${Object.is(value, -0) ? '-0' : value}, not a safe integer,`);
  }
  return JSON.stringify(value);
}

function notJson(what: string): RunbookError {
  return new InternalError({ code: 'not_json', message: `${what} cannot be written canonically` });
}

function parseExactly(text: string, canonical: (value: unknown) => string): Json {
  try {
    const value = JSON.parse(text) as Json;
    if (canonical(value) === text) {
      return value;
    }
  } catch (cause) {
    throw notCanonical(cause);
  }
  throw notCanonical();
}

function notCanonical(cause?: unknown): RunbookError {
  return new IntegrityError({
    code: 'not_canonical',
    message: 'text is not canonical JSON (RFC 8785)',
    cause,
  });
}
