import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ComparedLine, compareLines, diffLines } from '../../src/runbook/diff-lines.ts';

const script = fc.array(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 12 });

const without = (lines: readonly ComparedLine[], left: ComparedLine['kind']): readonly string[] =>
  lines.filter(({ kind }) => kind !== left).map(({ text }) => text);

test('both scripts can be read back from their comparison', () => {
  fc.assert(
    fc.property(script, script, (before, after) => {
      const lines = compareLines(before, after);
      expect(without(lines, 'come')).toEqual(before);
      expect(without(lines, 'gone')).toEqual(after);
    }),
  );
});

test('what is the same in both is not told as a change', () => {
  fc.assert(
    fc.property(script, (lines) => {
      expect(diffLines(lines, lines)).toEqual([]);
    }),
  );
  expect(compareLines(['a', 'b', 'c'], ['a', 'x', 'c'])).toEqual([
    { kind: 'same', text: 'a' },
    { kind: 'gone', text: 'b' },
    { kind: 'come', text: 'x' },
    { kind: 'same', text: 'c' },
  ]);
});
