import type { Recorded } from '../../run/events.ts';

/** How many starts there are among the entries about one request. */
export function startsUnder(dealings: readonly Recorded[]): number {
  return dealings.filter(({ event }) => event.type === 'step.started').length;
}

export function wasRevoked(dealings: readonly Recorded[]): boolean {
  return dealings.some(({ event }) => event.type === 'grant.revoked');
}
