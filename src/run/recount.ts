import { judgeDecision } from '../approval/judge-decision.ts';
import type { People } from '../approval/people.ts';
import type { Tally } from '../approval/tally.ts';
import type { Slot } from '../policy/policy.ts';
import { lastUseMs, tallyClaim } from './judge.ts';
import type { RequestRecord, RunState } from './state.ts';

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
  const { state, people, slots, nowMs, origin, rootAt } = court;
  const { initiator } = state;
  const standing = request.decisions.flatMap((decision) => {
    const judged = judgeDecision({
      signed: decision.data,
      request: { content: request.content, leafHash: request.hash, index: request.seq },
      people,
      initiator,
      decisionIndexUpperBound: decision.seq,
      rootAt,
      origin,
      policyDigest: request.content.policy.evaluation.policy_digest,
    });
    if (judged.kind === 'refused') {
      // A no stays a no, whatever became of the person who said it.
      return decision.data.decision === 'approve' ? [] : [decision];
    }
    const { person, assurance, presence } = judged;
    const data = { ...decision.data, decision: judged.decision, person, assurance, presence };
    return [{ ...decision, data }];
  });
  return tallyClaim(
    { ...request, decisions: standing },
    { people, initiator, nowMs, slots, lastUseMs: lastUseMs(state, request) },
  );
}
