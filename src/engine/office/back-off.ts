const firstMs = 500;
const mostMs = 60_000;

/** How long to wait after so many failures in a row: half a second, doubled each time, at most a minute. */
export function backOffMs(failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20));
}
