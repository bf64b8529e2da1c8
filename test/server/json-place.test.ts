import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonProblem } from '../../src/server/json-place.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('what JSON.parse reads is JSON, and nothing else is', () => {
  const marks = fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"a"',
        '1',
        '-0.5e3',
        '01',
        'null',
        ' ',
        '"\\u12"',
        '\n',
      ),
    )
    .map((parts) => parts.join(''));
  const broken = fc
    .tuple(fc.json({ maxDepth: 5 }), fc.nat(), fc.string())
    .map(([text, at, mark]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + mark + text.slice(place);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json({ maxDepth: 5 }), marks, broken, fc.string()), (text) => {
      expect(findJsonProblem(text) === null).toBe(isJson(text));
    }),
    { numRuns: 2000 },
  );
});

test('the place of a problem lies within the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '"', '\n', 'x', ',') }), (text) => {
      const problem = findJsonProblem(text);
      const lines = text.split('\n');
      if (problem !== null) {
        expect(problem.line).toBeLessThanOrEqual(lines.length);
        expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1]?.length ?? 0) + 1);
      }
    }),
  );
});

test('a megabyte of brackets or of one text is judged, not recursed into', () => {
  expect(findJsonProblem('['.repeat(1024 * 1024))?.message).toBe('nests deeper than 64');
  expect(findJsonProblem(`"${'\\n'.repeat(512 * 1024)}"`)).toBeNull();
});

test.each([
  ['a text that does not end', `{"reason":"${'a'.repeat(60)}`],
  ['a long one', `"${'a'.repeat(1024 * 1024)}`],
  ['a long one of escapes', `"${'a\\n'.repeat(300_000)}`],
  ['one that ends in a bad escape', `"${'a'.repeat(1024 * 1024)}\\x"`],
  ['one with a line break', `"${'a'.repeat(1024 * 1024)}\n"`],
  ['a number that goes wrong at its end', `${'1'.repeat(1024 * 1024)}.`],
])('a body costs no more than its length: %s', (_name, text) => {
  expect(findJsonProblem(text)).not.toBeNull();
});

test('whatever a text is broken by, its length is all it costs', () => {
  const parts = fc.array(
    fc.constantFrom('a', 'aaaaaaaa', '\\n', '\\u00e4', '\\u12', '"', '\\', ' '),
  );
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 5000 }), (some, times) => {
      const text = `"${some.join('').repeat(times)}`;
      expect(findJsonProblem(text) === null).toBe(isJson(text));
    }),
    { numRuns: 200 },
  );
});
