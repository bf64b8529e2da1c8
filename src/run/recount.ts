import { judgeDecision } from '../approval/court/judge-decision.ts';
import type { People } from '../approval/people/people.ts';
import { parseStatement } from '../approval/statement/statement.ts';
import type { Tally } from '../approval/tally/tally.ts';
import { weaker } from '../policy/assurance.ts';
import type { Slot } from '../policy/policy.ts';
import { activityOf } from './activity.ts';
import { tallyClaim } from './judge.ts';
import type { DecisionRecord, RequestRecord, RunState } from './state.ts';

/** What a claim is counted by, at its moment. */
export interface ClaimCourt {
  /** The run up to the claim: its chain, and earlier uses of the grant. */
  readonly state: RunState;
  readonly people: People;
  /** What policy demands at that moment. */
  readonly slots: readonly Slot[];
  readonly nowMs: number;
  readonly origin: string;
  /** Base64 root of the log at a size; null where it is not known. */
  readonly rootAt: (size: number) => string | null;
}

/**
 * Verifies every decision's evidence again, under people and chain of that moment, and counts. The engine
 * claims by it, and the auditor replays it: they cannot come to differ.
 */
export function recountClaim(request: RequestRecord, court: ClaimCourt): Tally {
  const { state, people, slots, nowMs } = court;
  const { initiator } = state;
  const decisions = standingDecisions(request, court);
  return tallyClaim(
    { ...request, decisions },
    { people, initiator, nowMs, slots, ...activityOf(state, request) },
  );
}

/**
 * The decisions that still hold, each for what its evidence proves now and for no more than its entry
 * said: giving the receiver's account to somebody else must not lift what was attested before.
 */
export function standingDecisions(
  request: RequestRecord,
  court: Omit<ClaimCourt, 'slots' | 'nowMs'>,
): readonly DecisionRecord[] {
  return request.decisions.flatMap((decision) => {
    const { data } = decision;
    const judged = judgeDecision({
      evidence: data,
      time: decision.time,
      request: { content: request.content, leafHash: request.hash, index: request.seq },
      people: court.people,
      initiator: court.state.initiator,
      served: court.state.started.via === 'api',
      decisionIndexUpperBound: decision.seq,
      rootAt: court.rootAt,
      origin: court.origin,
      policyDigest: request.content.policy.evaluation.policy_digest,
    });
    if (judged.kind === 'refused') {
      // A no stays a no, whatever became of the person who said it.
      return data.decision === 'approve' ? [] : [decision];
    }
    const { person } = judged;
    const assurance = weaker(judged.assurance, data.assurance);
    const presence = judged.presence && data.presence;
    const verified = judged.verified && data.verified;
    const proven = { decision: judged.decision, person, assurance, presence, verified };
    return [{ ...decision, data: { ...data, ...proven } }];
  });
}

/** The person's newest approval that holds and was not revoked since; null where there is none. */
export function standingApproval(
  request: RequestRecord,
  person: string,
  court: Omit<ClaimCourt, 'slots' | 'nowMs'>,
): DecisionRecord | null {
  const theirs = standingDecisions(request, court).filter(({ data }) => data.person === person);
  const revoked = theirs.findLast(({ data }) => data.decision === 'revoke')?.seq ?? -1;
  const standing = theirs.findLast(
    ({ data, seq }) =>
      data.decision === 'approve' &&
      Math.min(seq, parseStatement(data.statement).log.size) > revoked,
  );
  return standing ?? null;
}
