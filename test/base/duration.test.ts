import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['2d', 172_800_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['90m', 5_400_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  '',
  '30',
  '1.5h',
  '-5m',
  '5 m',
  '5M',
  '30m1h',
  '1h1h',
  'm',
  '1w',
  '99999999999999999d',
  'ten',
])('`%s` is not a duration', (text) => {
  expect(() => parseDuration(text)).toThrow(
    expect.objectContaining({ name: 'UsageError', code: 'duration_invalid' }),
  );
});

test('a bare number is told which unit it may lack', () => {
  expect(() => parseDuration('30')).toThrow(
    expect.objectContaining({ hint: 'add a unit, as in `30s` or `30m`' }),
  );
});

test('what is formatted is read back as it was', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('a duration is written with as few units as it needs', () => {
  expect([5_400_000, 250, 0, 86_400_000, 61_001].map(formatDuration)).toEqual([
    '1h30m',
    '250ms',
    '0s',
    '1d',
    '1m1s1ms',
  ]);
});
