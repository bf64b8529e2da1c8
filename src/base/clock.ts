import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** One reading of the machine's clocks. A wall clock alone can be set back; the other two show it. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
  /** Microseconds of the monotonic clock, since some fixed point of this boot. */
  readonly monoUs: number;
  /** Changes with every boot of the machine. */
  readonly boot: string;
}

/** Where all time comes from. Tests pass their own. */
export interface Clock {
  now(): Moment;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => ({
    wallMs: Date.now(),
    monoUs: Number(process.hrtime.bigint() / 1000n),
    boot: bootId(),
  }),
};

/** RFC 3339 in UTC with milliseconds, the form every entry and statement uses. */
export function formatTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Linux names each boot; elsewhere the minute of the boot stands in. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `${hostname()}-${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
