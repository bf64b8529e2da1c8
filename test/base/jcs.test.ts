import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalize,
  canonicalizeStrict,
  parseCanonical,
  parseCanonicalStrict,
} from '../../src/base/jcs.ts';

const vectors = new URL('../fixtures/vectors/jcs/', import.meta.url);

describe('RFC 8785 vectors', () => {
  const names = readdirSync(vectors).filter((name) => name.endsWith('.input.json'));
  test.each(names)('%s is written exactly', (name) => {
    const input: unknown = JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));
    const output = readFileSync(new URL(name.replace('.input.', '.output.'), vectors), 'utf8');
    expect(canonicalize(input)).toBe(output);
    expect(parseCanonical(output)).toEqual(input);
  });
});

test('keys are sorted by UTF-16 code unit, not by code point', () => {
  // U+1F600 is d83d de00 in UTF-16, which stands before U+FB33.
  expect(canonicalize({ '\ufb33': 1, '\u{1f600}': 2, '\r': 3 })).toBe(
    '{"\\r":3,"\u{1f600}":2,"\ufb33":1}',
  );
});

test('whatever JSON can say is read back from its canonical text, which is its own', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = canonicalize(value);
      expect(canonicalize(parseCanonical(text))).toBe(text);
      // JSON writes -0 as 0.
      expect(JSON.stringify(parseCanonical(text), sorted)).toBe(JSON.stringify(value, sorted));
    }),
  );
});

test('the order in which keys were set does not matter', () => {
  const members = fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([key]) => key });
  fc.assert(
    fc.property(members, (entries) => {
      expect(canonicalize(Object.fromEntries(entries.toReversed()))).toBe(
        canonicalize(Object.fromEntries(entries)),
      );
    }),
  );
});

test.each([
  ['undefined', undefined],
  ['an undefined member', { a: undefined }],
  ['a hole in an array', Array(2)],
  ['NaN', Number.NaN],
  ['an infinity', Number.POSITIVE_INFINITY],
  ['a bigint', 1n],
  ['a function', () => 1],
  ['a symbol', Symbol('a')],
  ['an object with toJSON', { toJSON: () => 1 }],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['a buffer', Buffer.from('a')],
  ['a list with toJSON', Object.assign([1], { toJSON: () => 2 })],
])('%s is refused, not rewritten', (_name, value) => {
  expect(() => canonicalize(value)).toThrow(expect.objectContaining({ code: 'not_json' }));
  expect(() => canonicalizeStrict(value)).toThrow(expect.objectContaining({ code: 'not_json' }));
});

test.each(['\ud800', '\udc00', 'a\udfffb', '\ude00\ud83d'])(
  'half a surrogate pair is refused, in values and in keys',
  (text) => {
    expect(() => canonicalize(text)).toThrow(expect.objectContaining({ code: 'lone_surrogate' }));
    expect(() => canonicalize({ [text]: 1 })).toThrow(
      expect.objectContaining({ code: 'lone_surrogate' }),
    );
  },
);

test('`__proto__` is a key like any other', () => {
  const text = '{"__proto__":{"admin":true}}';
  expect(canonicalize(parseCanonical(text))).toBe(text);
});

test('nesting ends at a hundred, before any stack does', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(parseCanonical(nested(100))).toBeDefined();
  expect(() => parseCanonical(nested(101))).toThrow(
    expect.objectContaining({ code: 'not_canonical' }),
  );
  expect(() => parseCanonical(nested(30_000))).toThrow(
    expect.objectContaining({ code: 'not_canonical' }),
  );
});

test.each([
  ['white space', '{"a": 1}'],
  ['a trailing newline', '1\n'],
  ['a byte order mark', '\ufeff1'],
  ['a duplicate key', '{"a":1,"a":1}'],
  ['keys out of order', '{"b":1,"a":1}'],
  ['another spelling of a number', '1.0'],
  ['an exponent', '1e2'],
  ['minus zero', '-0'],
  ['a number beyond range', '1e999'],
  ['a needless escape', '"\\u0041"'],
  ['an escaped slash', '"\\/"'],
  ['a lone surrogate', '"\\ud800"'],
  ['no JSON at all', '{'],
  ['nothing', ''],
])('a text with %s is not canonical', (_name, text) => {
  expect(() => parseCanonical(text)).toThrow(expect.objectContaining({ code: 'not_canonical' }));
});

describe('the strict profile', () => {
  test.each([0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('accepts %d', (value) => {
    expect(parseCanonicalStrict(canonicalizeStrict([value]))).toEqual([value]);
  });

  test.each([0.5, -0, 2 ** 53, -(2 ** 53), 1e21, 1e-7])('refuses %d', (value) => {
    expect(() => canonicalizeStrict({ value })).toThrow(
      expect.objectContaining({ code: 'not_json' }),
    );
    expect(() => parseCanonicalStrict(canonicalize(value || 0.5))).toThrow(
      expect.objectContaining({ code: 'not_canonical' }),
    );
  });
});

/** JSON.stringify's replacer that puts keys in one order. */
function sorted(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}
