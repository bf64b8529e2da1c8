import type { Clock } from '../base/clock.ts';
import type { RunId } from '../base/ids.ts';
import type { JsonObject } from '../base/json.ts';
import type { Office } from '../engine/office.ts';
import type { Crowd } from './crowd.ts';
import type { DeviceLogins } from './device-logins.ts';
import type { Metrics } from './metrics.ts';
import type { ServeSettings } from './settings.ts';
import type { Starts } from './start-once.ts';

/** What every route works with. */
export interface Site {
  readonly office: Office;
  readonly settings: ServeSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the server stops: streams and long polls end. */
  readonly stopping: AbortSignal;
  /** The office works: it holds the store's place and drives runs. */
  readonly working: () => boolean;
  readonly metrics: Metrics;
  readonly starts: Starts;
  /** Judges the journal for one caller at a time; the next is told to come back. */
  readonly verifying: Turnstile;
  readonly crowd: Crowd;
  /** Logins from terminals. */
  readonly devices: DeviceLogins;
  /** Whose token started a run: it never changes. Bounded by whoever writes to it. */
  readonly owners: Map<RunId, string>;
}

/** Lets one through at a time. Throws RateLimitError where somebody is inside. */
export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>;

/** One line of the log. Never a secret, a body, or the values of a query. */
export type Log = (line: JsonObject) => void;

/** Milliseconds of a clock that only goes forward. */
export function monotonicMs(clock: Clock): number {
  return clock.now().monoUs / 1000;
}
