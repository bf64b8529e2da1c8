import { reaches } from '../policy/assurance.ts';
import type { Assurance, Slot } from '../policy/policy.ts';
import { matchPeople } from './matching.ts';

/** One recorded decision, reduced to what counts. */
export interface TallyDecision {
  readonly person: string;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly reason: string | null;
  readonly assurance: Assurance;
  /** The evidence proves a touch. */
  readonly presence: boolean;
  readonly atMs: number;
  /** `log.size` of the checkpoint the person saw. */
  readonly logSize: number;
  /** Sequence number of the decision's own entry. */
  readonly seq: number;
}

export interface TallyInput {
  readonly slots: readonly Slot[];
  readonly decisions: readonly TallyDecision[];
  /** What the grant allows, and how many `step.started` have claimed it. */
  readonly uses: number;
  readonly used: number;
  readonly nowMs: number;
  readonly pendingUntilMs: number;
  /** How long an approval may lie unused: from when it was given, later from the end of its last use. */
  readonly unusedMs: number;
  /** When the last use ended; null or absent where there was none. */
  readonly lastUseMs?: number | null;
  /** Who may fill a slot now, under the people and the chain as they are. */
  readonly eligible: (slot: Slot) => readonly string[];
}

/** Places of a slot that nobody fills yet. */
export interface MissingSlot {
  readonly slot: string;
  readonly count: number;
  readonly from: readonly string[];
}

/** Where a request stands. */
export type Tally =
  | { readonly kind: 'open'; readonly missing: readonly MissingSlot[] }
  | {
      readonly kind: 'granted';
      /** When the decision that completed it was recorded. */
      readonly at: number;
      readonly by: readonly { readonly slot: string; readonly person: string }[];
      readonly usesLeft: number;
    }
  | { readonly kind: 'rejected'; readonly by: string; readonly reason: string | null }
  | { readonly kind: 'expired'; readonly which: 'pending' | 'unused' }
  | { readonly kind: 'spent' }
  /** It would be granted, had nobody revoked. It waits again, for what is missing now. */
  | { readonly kind: 'revoked'; readonly by: string; readonly missing: readonly MissingSlot[] };

/** What a request still lacks; nothing once it is granted or over. */
export function missingOf(tally: Tally): readonly MissingSlot[] {
  return tally.kind === 'open' || tally.kind === 'revoked' ? tally.missing : [];
}

/**
 * What the decisions on one request amount to. Slots are filled by distinct people; a decision fills a
 * slot only where its person is eligible now, its level reaches the slot's and a demanded touch is
 * proven. Time limits are half open: at `pendingUntilMs` it is too late.
 */
export function tally(input: TallyInput): Tally {
  if (input.used >= input.uses) {
    return { kind: 'spent' };
  }
  const rejection = input.decisions.find((decision) => endsIt(input, decision));
  if (rejection !== undefined) {
    return { kind: 'rejected', by: rejection.person, reason: rejection.reason };
  }
  const approvals = countingApprovals(input);
  const { filled, missing } = fill(input, approvals);
  if (missing.length > 0) {
    return whileMissing(input, missing);
  }
  const at = completedAt(input, approvals);
  const idleSince = Math.max(at, input.lastUseMs ?? at);
  return input.nowMs >= idleSince + input.unusedMs
    ? { kind: 'expired', which: 'unused' }
    : { kind: 'granted', at, by: filled, usesLeft: input.uses - input.used };
}

/**
 * One reject ends a request. It counts for whoever was eligible when the request was made, too: taking
 * people out of a group must never make a step easier to run.
 */
function endsIt(input: TallyInput, { decision, person }: TallyDecision): boolean {
  return (
    decision === 'reject' &&
    input.slots.some(
      (slot) => slot.eligible.includes(person) || input.eligible(slot).includes(person),
    )
  );
}

/**
 * Each person's latest approval that was in time and signed with their last revocation in sight: one
 * from before it, handed in again, stays without effect.
 */
function countingApprovals(input: TallyInput): readonly TallyDecision[] {
  const valid = inOrder(input.decisions).filter(
    (one) =>
      one.decision === 'approve' &&
      one.atMs < input.pendingUntilMs &&
      Math.min(one.seq, one.logSize) > lastRevocation(input.decisions, one.person),
  );
  return [...new Map(valid.map((approval) => [approval.person, approval])).values()];
}

function lastRevocation(decisions: readonly TallyDecision[], person: string): number {
  const revocations = decisions.filter((one) => one.decision === 'revoke' && one.person === person);
  return Math.max(-1, ...revocations.map((one) => one.seq));
}

function fill(
  input: TallyInput,
  approvals: readonly TallyDecision[],
): { filled: readonly { slot: string; person: string }[]; missing: readonly MissingSlot[] } {
  const { filled, missing } = matchPeople(
    input.slots.map((slot) => ({
      slot: slot.id,
      count: slot.count,
      people: input
        .eligible(slot)
        .filter((name) => approvals.some((one) => one.person === name && fits(one, slot))),
    })),
  );
  const fromOf = new Map(input.slots.map((slot) => [slot.id, slot.from]));
  return {
    filled,
    missing: missing.map(({ slot, count }) => ({ slot, count, from: fromOf.get(slot) ?? [] })),
  };
}

function fits(approval: TallyDecision, slot: Slot): boolean {
  return reaches(approval.assurance, slot.assurance) && (approval.presence || !slot.presence);
}

function whileMissing(input: TallyInput, missing: readonly MissingSlot[]): Tally {
  if (input.nowMs >= input.pendingUntilMs) {
    return { kind: 'expired', which: 'pending' };
  }
  const unrevoked = input.decisions.filter((one) => one.decision !== 'revoke');
  const revocation = inOrder(input.decisions).findLast((one) => one.decision === 'revoke');
  const wouldStand =
    fill(input, countingApprovals({ ...input, decisions: unrevoked })).missing.length === 0;
  return revocation !== undefined && wouldStand
    ? { kind: 'revoked', by: revocation.person, missing }
    : { kind: 'open', missing };
}

/** The time of the approval with which the earlier ones, in the journal's order, first sufficed. */
function completedAt(input: TallyInput, approvals: readonly TallyDecision[]): number {
  const ordered = inOrder(approvals);
  const completing = ordered.find(
    (_, index) => fill(input, ordered.slice(0, index + 1)).missing.length === 0,
  );
  // Slots that ask for nobody are never built; were there any, a grant without approvals is long stale.
  return completing?.atMs ?? Number.NEGATIVE_INFINITY;
}

function inOrder(decisions: readonly TallyDecision[]): readonly TallyDecision[] {
  return [...decisions].sort((one, other) => one.seq - other.seq);
}
