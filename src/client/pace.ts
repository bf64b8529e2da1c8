import { randomInt } from 'node:crypto';
import { growingMs } from '../base/back-off.ts';
import { systemClock } from '../base/clock.ts';
import { sleep } from '../engine/sleep.ts';

/** How a client lets time pass. Tests bring one that does not wait. */
export interface Pace {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemPace: Pace = {
  nowMs: () => systemClock.now().wallMs,
  pause: sleep,
};

const growth = { firstMs: 250, mostMs: 15_000 };

/**
 * How long to stay away before try number `attempt` + 1: twice as long each time, and a random part of
 * it, so that a thousand clients of a server that comes back do not all come at once.
 */
export function backOffMs(attempt: number): number {
  const whole = growingMs(attempt + 1, growth);
  return whole / 2 + randomInt(Math.ceil(whole / 2));
}
