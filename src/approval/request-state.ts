import type { Assurance } from '../policy/policy.ts';

/** Where a request stands, in the words of DESIGN section 6. */
export const requestStates = [
  'pending',
  'approved',
  'claimed',
  'rejected',
  'expired',
  'cancelled',
  'superseded',
  'revoked',
  'lapsed',
] as const;
export type RequestState = (typeof requestStates)[number];

/**
 * Whether what is missing says how the approvals stand. A request that ended in another way misses nothing
 * any more, which does not mean that everything was given.
 */
export function countsApprovals(state: RequestState): boolean {
  return counting.has(state);
}

const counting: ReadonlySet<RequestState> = new Set(['pending', 'approved', 'claimed', 'revoked']);

/** One decision on a request, as reviewers and reports are told of it. */
export interface GivenDecision {
  readonly person: string;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly assurance: Assurance;
  readonly reason: string | null;
  readonly time: string;
  /** Through which channel it came: `slack`, `cli`. */
  readonly channel: string;
  /** Who an attested decision came from: `slack:T0123ABCD/U0123ABCD`; null for a signature. */
  readonly identity: string | null;
}
