import { reaches } from '../../policy/assurance.ts';
import { combinationsOf } from '../../policy/combinations.ts';
import type { Assurance, Slot } from '../../policy/policy.ts';
import { ever, sourcesOf } from './eligible.ts';
import { type Matching, matchPeople } from './matching.ts';
import { holdsWhileRunning, type Stretch } from './unused.ts';

/** One recorded decision, reduced to what counts. */
export interface TallyDecision {
  readonly person: string;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly reason: string | null;
  readonly assurance: Assurance;
  /** The evidence proves a touch. */
  readonly presence: boolean;
  /** The evidence proves a PIN or a finger. */
  readonly verified: boolean;
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
  /** When it was asked: escalations count from here. */
  readonly createdMs: number;
  readonly pendingUntilMs: number;
  /** How long an approval may lie unused: from when it was given, later from the end of its last use. */
  readonly unusedMs: number;
  /** When the last use ended; null or absent where there was none. */
  readonly lastUseMs?: number | null;
  /** When steps of the run were running: in them an approval does not lie unused. */
  readonly running?: readonly Stretch[];
  /** Nothing of the run happens earlier, so that until then an approval does not lie unused. */
  readonly notBeforeMs?: number | null;
  /**
   * How long an approval that holds for later runs does, from when it was given and whatever it was used
   * for; it stands in the place of `unusedMs`.
   */
  readonly windowMs?: number | null;
  /** Who may fill a slot at that age of the request, under the people and the chain as they are. */
  readonly eligible: (slot: Slot, ageMs: number) => readonly string[];
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
      /** From when on it is too late to claim it. */
      readonly until: number;
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
 * What the decisions on one request amount to. Slots are filled by distinct people; of alternatives, those
 * of one. A decision fills a slot only where its person is eligible now and was when they decided (whoever
 * it was escalated to later was not yet), its level reaches the slot's and a demanded touch or PIN is
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
  if (filled === null) {
    return whileMissing(input, missing);
  }
  const at = completedAt(input, approvals);
  const until = holdsUntil(input, at);
  return input.nowMs >= until
    ? { kind: 'expired', which: 'unused' }
    : { kind: 'granted', at, until, by: filled, usesLeft: input.uses - input.used };
}

function holdsUntil(input: TallyInput, at: number): number {
  const { lastUseMs, notBeforeMs, windowMs, unusedMs, nowMs, running = [] } = input;
  if (typeof windowMs === 'number') {
    return at + windowMs;
  }
  const sinceMs = Math.max(at, lastUseMs ?? at, notBeforeMs ?? at);
  return holdsWhileRunning({ sinceMs, unusedMs, nowMs }, running);
}

/**
 * One reject ends a request. It counts for whoever was eligible when the request was made, too: taking
 * people out of a group must never make a step easier to run.
 */
function endsIt(input: TallyInput, { decision, person, atMs }: TallyDecision): boolean {
  const ageMs = atMs - input.createdMs;
  return (
    decision === 'reject' &&
    input.slots.some(
      (slot) =>
        slot.eligible.includes(person) ||
        (slot.escalate ?? []).some(
          ({ after_ms, eligible }) => after_ms <= ageMs && eligible.includes(person),
        ) ||
        input.eligible(slot, ageMs).includes(person),
    )
  );
}

/**
 * Every approval that was in time and signed with the person's last revocation in sight: one from before
 * it, handed in again, stays without effect. A second one takes nothing from the first.
 */
function countingApprovals(input: TallyInput): readonly TallyDecision[] {
  return inOrder(input.decisions).filter(
    (one) =>
      one.decision === 'approve' &&
      one.atMs < input.pendingUntilMs &&
      Math.min(one.seq, one.logSize) > lastRevocation(input.decisions, one.person),
  );
}

function lastRevocation(decisions: readonly TallyDecision[], person: string): number {
  const revocations = decisions.filter((one) => one.decision === 'revoke' && one.person === person);
  return Math.max(-1, ...revocations.map((one) => one.seq));
}

/** The way to fill the slots that lacks least; `filled` is null while none lacks nothing. */
interface Filling {
  readonly filled: Matching['filled'] | null;
  readonly missing: readonly MissingSlot[];
}

function fill(input: TallyInput, approvals: readonly TallyDecision[]): Filling {
  const ways = combinationsOf(input.slots).map((slots) => matchSlots(input, slots, approvals));
  // No combination at all means too many alternatives to look at: then nobody fills them.
  const best = ways.reduce<Matching | null>(
    (least, way) => (least === null || lacks(way) < lacks(least) ? way : least),
    null,
  );
  const slotOf = new Map(input.slots.map((slot) => [slot.id, slot]));
  const ageMs = input.nowMs - input.createdMs;
  const missing = (best?.missing ?? []).map(({ slot: id, count }) => {
    const slot = slotOf.get(id);
    return { slot: id, count, from: slot === undefined ? [] : sourcesOf(slot, ageMs) };
  });
  // Slots that ask for nobody are never built; were there any, nobody would have filled them.
  const isFilled = best !== null && missing.length === 0 && best.filled.length > 0;
  return { filled: isFilled ? best.filled : null, missing };
}

function matchSlots(
  input: TallyInput,
  slots: readonly Slot[],
  approvals: readonly TallyDecision[],
): Matching {
  const wasEligible = (slot: Slot, { person, atMs }: TallyDecision) =>
    input.eligible(slot, atMs - input.createdMs).includes(person);
  return matchPeople(
    slots.map((slot) => ({
      slot: slot.id,
      count: slot.count,
      people: input
        .eligible(slot, ever)
        .filter((name) =>
          approvals.some((one) => one.person === name && fits(one, slot) && wasEligible(slot, one)),
        ),
    })),
  );
}

function lacks({ missing }: Matching): number {
  return missing.reduce((sum, { count }) => sum + count, 0);
}

/** Whether the evidence of an approval reaches what a slot asks of it. */
export function fits(
  approval: Pick<TallyDecision, 'assurance' | 'presence' | 'verified'>,
  slot: Slot,
): boolean {
  return (
    reaches(approval.assurance, slot.assurance) &&
    (approval.presence || !slot.presence) &&
    (approval.verified || slot.verified !== true)
  );
}

function whileMissing(input: TallyInput, missing: readonly MissingSlot[]): Tally {
  if (input.nowMs >= input.pendingUntilMs) {
    return { kind: 'expired', which: 'pending' };
  }
  const unrevoked = input.decisions.filter((one) => one.decision !== 'revoke');
  const revocation = inOrder(input.decisions).findLast((one) => one.decision === 'revoke');
  const wouldStand = fill(input, countingApprovals({ ...input, decisions: unrevoked })).filled;
  return revocation !== undefined && wouldStand !== null
    ? { kind: 'revoked', by: revocation.person, missing }
    : { kind: 'open', missing };
}

/** The time of the approval with which the earlier ones, in the journal's order, first sufficed. */
function completedAt(input: TallyInput, approvals: readonly TallyDecision[]): number {
  const ordered = inOrder(approvals);
  const completing = ordered.find(
    (_, index) => fill(input, ordered.slice(0, index + 1)).filled !== null,
  );
  return completing?.atMs ?? Number.NEGATIVE_INFINITY;
}

function inOrder(decisions: readonly TallyDecision[]): readonly TallyDecision[] {
  return [...decisions].sort((one, other) => one.seq - other.seq);
}
