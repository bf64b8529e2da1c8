import type { JsonObject } from '../base/json.ts';

/** The largest leaf: tlog-tiles counts entry bytes in 16 bits. */
export const maxLeafBytes = 65_535;

/**
 * One leaf, before it is bytes. RFC 8785 text of exactly these keys is stored, hashed
 * (RFC 6962: SHA-256 over 0x00 ‖ bytes) and never serialised again.
 */
export interface Leaf {
  readonly v: 1;
  readonly origin: string;
  /** 0-based index in the log. */
  readonly seq: number;
  readonly type: string;
  /** RFC 3339 UTC with milliseconds. */
  readonly time: string;
  /** Monotonic microseconds. */
  readonly mono: number;
  readonly boot: string;
  readonly run: string | null;
  /** Idempotency key: (run, cmd) is unique. Several leaves of one commit share it as `cmd`, `cmd.1`, … */
  readonly cmd: string;
  readonly data: JsonObject;
}
