import { growingMs } from '../../base/back-off.ts';

const growth = { firstMs: 1_000, mostMs: 300_000 };
/** Nobody is told to come back tomorrow: by then the backlog would be a day long. */
const longestAskedMs = 3_600_000;

/**
 * How long to wait after so many failures in a row: doubled each time up to five minutes, the upper half
 * of it by chance, so that endpoints that failed together do not return together. What the receiver asked
 * for holds where it is longer, up to an hour. `roll` is from 0 to below 1.
 */
export function delayMs(failures: number, roll: number, askedMs: number | null): number {
  const whole = growingMs(failures, growth);
  const own = Math.round(whole / 2 + (whole / 2) * roll);
  return Math.max(own, Math.min(askedMs ?? 0, longestAskedMs));
}

/** `Retry-After` (RFC 9110, 10.2.3), seconds or a date, in milliseconds from now; null where it says nothing. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) {
    return null;
  }
  if (/^\d{1,9}$/.test(header)) {
    return Number(header) * 1000;
  }
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
