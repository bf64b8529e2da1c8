import { assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { delayMs, readRetryAfter } from '../../../src/channels/webhooks/backoff.ts';

const failures = integer({ min: 1, max: 10_000 });
const roll = double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the wait is between half a second and five minutes, whatever chance says', () => {
  assert(
    property(failures, roll, (count, chance) => {
      const ms = delayMs(count, chance, null);
      expect(ms).toBeGreaterThanOrEqual(500);
      expect(ms).toBeLessThanOrEqual(300_000);
    }),
  );
});

test('the wait never becomes shorter with another failure, chance apart', () => {
  assert(
    property(failures, roll, (count, chance) => {
      expect(delayMs(count + 1, chance, null)).toBeGreaterThanOrEqual(delayMs(count, chance, null));
    }),
  );
});

test('what the receiver asks for is a lower bound, up to an hour', () => {
  assert(
    property(failures, roll, integer({ min: 0, max: 10_000_000 }), (count, chance, asked) => {
      const ms = delayMs(count, chance, asked);
      expect(ms).toBeGreaterThanOrEqual(Math.min(asked, 3_600_000));
      expect(ms).toBeLessThanOrEqual(3_600_000);
    }),
  );
});

test('Retry-After is seconds or a date; anything else is nothing', () => {
  const nowMs = Date.parse('2026-01-02T03:04:05Z');
  expect(readRetryAfter('120', nowMs)).toBe(120_000);
  expect(readRetryAfter('Fri, 02 Jan 2026 03:05:05 GMT', nowMs)).toBe(60_000);
  expect(readRetryAfter('Fri, 02 Jan 2026 03:00:00 GMT', nowMs)).toBe(0);
  expect(readRetryAfter('soon', nowMs)).toBeNull();
  expect(readRetryAfter('', nowMs)).toBeNull();
  expect(readRetryAfter(undefined, nowMs)).toBeNull();
});
