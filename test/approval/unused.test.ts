import { expect, test } from 'vitest';
import { holdsWhileRunning } from '../../src/approval/tally/unused.ts';

const limit = { sinceMs: 1000, unusedMs: 100, nowMs: 1500 };

test('an approval holds for as long as it may lie unused', () => {
  expect(holdsWhileRunning(limit, [])).toBe(1100);
});

test('while a step runs, an approval does not lie unused', () => {
  expect(holdsWhileRunning(limit, [{ fromMs: 1050, toMs: 1250 }])).toBe(1300);
  expect(holdsWhileRunning(limit, [{ fromMs: 1050, toMs: null }])).toBe(1550);
});

test('what ran before it was given lengthens nothing', () => {
  expect(holdsWhileRunning(limit, [{ fromMs: 500, toMs: 900 }])).toBe(1100);
  expect(holdsWhileRunning(limit, [{ fromMs: 900, toMs: 1010 }])).toBe(1110);
});

test('a step that began too late brings nothing back', () => {
  expect(holdsWhileRunning(limit, [{ fromMs: 1100, toMs: 9000 }])).toBe(1100);
});

test('stretches that overlap count once, in whatever order they come', () => {
  const stretches = [
    { fromMs: 1080, toMs: 1200 },
    { fromMs: 1050, toMs: 1150 },
  ];
  expect(holdsWhileRunning(limit, stretches)).toBe(1250);
});
