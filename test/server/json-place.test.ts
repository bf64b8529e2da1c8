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
