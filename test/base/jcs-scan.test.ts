import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalizeStrict, parseCanonicalStrict } from '../../src/base/jcs.ts';
import { isPlainlyCanonical } from '../../src/base/jcs-scan.ts';

/** What the scan says; it must never be true where the full look refuses. */
function scan(bytes: Buffer): boolean {
  const plain = isPlainlyCanonical(bytes);
  if (plain) {
    expect(() => parseCanonicalStrict(utf8.decode(bytes))).not.toThrow();
  }
  return plain;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Values as entries hold them, and stranger ones. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.constantFrom(null, true, false, 0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 10 ** 15),
      fc.maxSafeInteger(),
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '\b\f\n\r\t', '\u0000', '\u007f', '\u2028', '__proto__', 'toJSON'),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(
        fc.string(),
        fc.constantFrom('a', 'aa', 'b', '10', '9', '__proto__', 'toJSON', '\u00e9'),
      ),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
}));

describe('one pass over the bytes', () => {
  test('takes nothing that the full look refuses, whatever was changed', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      remove: fc.integer({ min: 0, max: 3 }),
      insert: fc.constantFrom(
        '',
        ' ',
        '"',
        '0',
        '-',
        '.',
        'e1',
        ',',
        ':',
        '{}',
        '[]',
        '\\',
        '\\/',
        '\\u0041',
        'a',
        '\n',
        '}',
        '"a":1,',
        'null',
      ),
    });
    fc.assert(
      fc.property(value, change, (given, { at, remove, insert }) => {
        const text = canonicalizeStrict(given);
        const start = Math.floor(at * (text.length + 1));
        const changed = text.slice(0, start) + insert + text.slice(start + remove);
        if (!/\p{Surrogate}/u.test(changed)) {
          scan(Buffer.from(changed));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('takes what has ASCII keys, short escapes and numbers of at most 15 digits', () => {
    const plain = /^[ !#-[\]-~]*$/;
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => plain.test(key)),
          fc.oneof(
            fc.integer(),
            fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text)),
            fc.constantFrom(null, true, false, '"', '\\', '\n\t'),
            fc.array(fc.integer()),
          ),
        ),
        (given) => {
          expect(scan(Buffer.from(canonicalizeStrict(given)))).toBe(true);
        },
      ),
    );
  });

  test.each([
    ['nothing', ''],
    ['white space before', ' {}'],
    ['white space within', '{"a": 1}'],
    ['bytes behind', '{}{}'],
    ['a newline behind', '{}\n'],
    ['a key twice', '{"a":1,"a":1}'],
    ['keys out of order', '{"b":1,"a":1}'],
    ['a longer key before its beginning', '{"aa":1,"a":1}'],
    ['-0', '-0'],
    ['a zero in front', '01'],
    ['a fraction', '1.0'],
    ['an exponent', '1e3'],
    ['a lone minus', '-'],
    ['a number that is not safe', '9007199254740993'],
    ['an escape that was not needed', '"\\/"'],
    ['an escape in upper case', '"\\u000A"'],
    ['a control character', '"\u0001"'],
    ['a string that does not end', '"a'],
    ['a comma too many', '[1,]'],
    ['a comma too many in an object', '{"a":1,}'],
    ['a word cut', 'tru'],
    ['101 arrays', '['.repeat(101) + ']'.repeat(101)],
    ['101 objects', '{"a":'.repeat(100) + '{}' + '}'.repeat(100)],
  ])('refuses %s, and so does the full look', (_, text) => {
    expect(scan(Buffer.from(text))).toBe(false);
    expect(() => parseCanonicalStrict(text)).toThrow();
  });

  test('goes as deep as the full look does', () => {
    expect(scan(Buffer.from('['.repeat(100) + ']'.repeat(100)))).toBe(true);
  });
});
