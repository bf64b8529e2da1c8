import { growingMs } from '../../base/back-off.ts';

const growth = { firstMs: 500, mostMs: 60_000 };

/** How long to wait after so many failures in a row: half a second, doubled each time, at most a minute. */
export function backOffMs(failures: number): number {
  return growingMs(failures, growth);
}
