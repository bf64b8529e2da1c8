import type { RequestId } from '../base/ids.ts';
import type { Event, Recorded, StepStarted } from './events.ts';

/** Whether a start stands under this request. */
export function isUnder({ permit }: Pick<StepStarted, 'permit'>, request: RequestId): boolean {
  return permit.kind === 'grant' && permit.request === request;
}

/** The request that an entry uses or ends for all runs: a start under it, or its revocation. Null for every other entry. */
export function dealtWith(event: Event): RequestId | null {
  if (event.type === 'grant.revoked') {
    return event.data.request;
  }
  const permit = event.type === 'step.started' ? event.data.permit : null;
  return permit?.kind === 'grant' ? permit.request : null;
}

/** How many starts there are among the entries about one request. */
export function startsUnder(dealings: readonly Recorded[]): number {
  return dealings.filter(({ event }) => event.type === 'step.started').length;
}

export function wasRevoked(dealings: readonly Recorded[]): boolean {
  return dealings.some(({ event }) => event.type === 'grant.revoked');
}
