/** A token bucket: `tokens` at `atMs`, filled up since then. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export interface Rate {
  readonly perMinute: number;
  /** How many calls may come at once after a quiet time. */
  readonly burst: number;
}

/**
 * One call, at `nowMs` of a clock that only goes forward: the bucket after it, and how long to wait before
 * it would be let through; 0 where it is. A call that is not let through costs nothing.
 */
export function takeToken(
  bucket: Bucket | undefined,
  nowMs: number,
  rate: Rate,
): { readonly bucket: Bucket; readonly waitMs: number } {
  const perMs = rate.perMinute / 60_000;
  const filled =
    bucket === undefined
      ? rate.burst
      : Math.min(rate.burst, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * perMs);
  return filled >= 1
    ? { bucket: { tokens: filled - 1, atMs: nowMs }, waitMs: 0 }
    : { bucket: { tokens: filled, atMs: nowMs }, waitMs: Math.ceil((1 - filled) / perMs) };
}

/** Buckets by whoever calls. */
export interface Limiter {
  /** Milliseconds to wait; 0 where the call may go through. */
  take(key: string, nowMs: number): number;
  readonly size: number;
}

/**
 * Keeps at most `capacity` buckets: the one unused for longest goes first, and comes back full. Somebody
 * with more addresses than that can so have more calls than one address has; they had them anyway.
 */
export function openLimiter(rate: Rate, capacity: number): Limiter {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, nowMs) {
      const { bucket, waitMs } = takeToken(buckets.get(key), nowMs, rate);
      buckets.delete(key);
      buckets.set(key, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > capacity && oldest !== undefined) {
        buckets.delete(oldest);
      }
      return waitMs;
    },
    get size() {
      return buckets.size;
    },
  };
}

/** Whose allowance a stranger's call uses: an IPv4 address, or the /64 that one IPv6 customer has. */
export function addressKey(address: string): string {
  const [v4] = /\d+\.\d+\.\d+\.\d+$/.exec(address) ?? [];
  if (v4 !== undefined) {
    return v4;
  }
  const [head = '', tail] = address.toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...(tail === undefined ? [] : zeros), ...back].slice(0, 4).join(':');
}
