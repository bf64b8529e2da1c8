import type { RequestState } from '../../approval/request-state.ts';
import type { StandingRequest } from '../channel.ts';

/** The state by the clock of now: nobody writes an entry at the moment when a request expires. */
export function stateAt({ state, content }: StandingRequest, nowMs: number): RequestState {
  const late = nowMs >= Date.parse(content.limits.pending_until);
  return late && takesDecisions(state) ? 'expired' : state;
}

/** A revoked approval can be given anew. */
export function takesDecisions(state: RequestState): boolean {
  return state === 'pending' || state === 'revoked';
}
