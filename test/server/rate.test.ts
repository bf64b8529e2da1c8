import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, type Bucket, openLimiter, takeToken } from '../../src/server/rate.ts';

const rates = fc.record({
  perMinute: fc.integer({ min: 1, max: 100_000 }),
  burst: fc.integer({ min: 1, max: 1000 }),
});
const pauses = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 });

test('no window of time lets more through than the burst and what refills in it', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, gaps) => {
      let bucket: Bucket | undefined;
      let nowMs = 0;
      const through: number[] = [];
      for (const gap of gaps) {
        nowMs += gap;
        const taken = takeToken(bucket, nowMs, rate);
        bucket = taken.bucket;
        if (taken.waitMs === 0) {
          through.push(nowMs);
        }
      }
      through.forEach((from, first) => {
        through.slice(first).forEach((to, count) => {
          const most = rate.burst + ((to - from) * rate.perMinute) / 60_000;
          expect(count + 1).toBeLessThanOrEqual(most + 1e-6);
        });
      });
    }),
  );
});

test('whoever waits as long as they are told gets through', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, gaps) => {
      let bucket: Bucket | undefined;
      let nowMs = 0;
      for (const gap of gaps) {
        nowMs += gap;
        const taken = takeToken(bucket, nowMs, rate);
        if (taken.waitMs > 0) {
          // A millisecond for what rounding takes.
          const later = takeToken(taken.bucket, nowMs + taken.waitMs + 1, rate);
          expect(later.waitMs).toBe(0);
        }
        bucket = taken.bucket;
      }
    }),
  );
});

test('a clock that goes back gives nothing away', () => {
  const rate = { perMinute: 60, burst: 1 };
  const { bucket } = takeToken(undefined, 10_000, rate);
  expect(takeToken(bucket, 0, rate).waitMs).toBe(1000);
});

test('however many call, only so many are remembered', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 300 }), (keys) => {
      const limiter = openLimiter({ perMinute: 60, burst: 2 }, 16);
      for (const key of keys) {
        limiter.take(key, 0);
        expect(limiter.size).toBeLessThanOrEqual(16);
      }
    }),
  );
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['', ''],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
