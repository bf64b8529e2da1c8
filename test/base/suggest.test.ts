import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { closest, editDistance } from '../../src/base/suggest.ts';

const keys = ['privileged', 'timeout', 'run', 'exec', 'env', 'expect'];

test.each([
  ['privilegd', 'privileged'],
  ['priviledged', 'privileged'],
  ['timeuot', 'timeout'],
  ['rnu', 'run'],
  ['Exec', 'exec'],
  ['expct', 'expect'],
])('`%s` was probably meant to be `%s`', (typed, meant) => {
  expect(closest(typed, keys)).toBe(meant);
});

test.each(['rollback', 'x', '', 'timestamps'])('`%s` is near nothing', (typed) => {
  expect(closest(typed, keys)).toBeNull();
});

test('the distance is 0 to itself, the same both ways, and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test('a swap of neighbours is one slip', () => {
  expect(editDistance('abcd', 'abdc')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});
