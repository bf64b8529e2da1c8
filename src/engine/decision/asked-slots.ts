import { eligibleFor, ever } from '../../approval/tally/eligible.ts';
import { fits, type TallyDecision } from '../../approval/tally/tally.ts';
import { formatTime } from '../../base/clock.ts';
import { DeniedError } from '../../base/errors.ts';
import type { Slot } from '../../policy/policy.ts';
import type { Engine } from '../engine.ts';
import type { Bench } from './commit-decision.ts';

/** The slots of a request that this person may fill now. */
function askedSlots(engine: Engine, bench: Bench, person: string): readonly Slot[] {
  const { content } = bench.request;
  const ageMs = engine.clock.now().wallMs - Date.parse(content.limits.created);
  return content.policy.slots.filter((slot) => isAsked(bench, slot, { person, ageMs }));
}

function isAsked(
  { inForce, proven }: Bench,
  slot: Slot,
  { person, ageMs }: { readonly person: string; readonly ageMs: number },
): boolean {
  const assembly = { people: inForce.rules.people, initiator: proven.state.initiator };
  return eligibleFor(slot, assembly, ageMs).includes(person);
}

/**
 * The slots that ask this person now. Whoever was asked when the request was made may still say no, and take
 * back what they said. Throws DeniedError `not_asked`.
 */
export function slotsAsking(
  engine: Engine,
  bench: Bench,
  { decision, person }: Pick<TallyDecision, 'decision' | 'person'>,
): readonly Slot[] {
  const { id, policy } = bench.request.content;
  const asked = askedSlots(engine, bench, person);
  const wasAsked = policy.slots.some((slot) => slot.eligible.includes(person));
  if (asked.length === 0 && (decision === 'approve' || !wasAsked)) {
    throw new DeniedError({
      code: 'not_asked',
      message: `\`${person}\` is nobody whom request \`${id}\` asks`,
      hint: '`runbook requests` says who is missing',
    });
  }
  return asked;
}

/** What a slot asks of the evidence, in words. */
export function wantedOf({ assurance, presence, verified }: Slot): string {
  if (verified === true) {
    return `${assurance} with a touch of a security key that checked its PIN`;
  }
  return presence ? `${assurance} with a touch of a security key` : assurance;
}

/**
 * Refuses an approval that could fill no slot, while somebody is there to be told how to give one that
 * counts. Throws DeniedError `assurance_too_low`, `not_asked_yet`.
 */
export function refuseInVain(
  engine: Engine,
  bench: Bench,
  decided: Pick<TallyDecision, 'person' | 'decision' | 'assurance' | 'presence' | 'verified'>,
): void {
  if (decided.decision !== 'approve') {
    return;
  }
  const asked = askedSlots(engine, bench, decided.person);
  if (asked.length > 0 && asked.every((slot) => !fits(decided, slot))) {
    const wanted = asked.map((slot) => `slot \`${slot.id}\` asks for ${wantedOf(slot)}`);
    throw new DeniedError({
      code: 'assurance_too_low',
      message: `${wanted.join(', ')}; ${provenBy(decided)}`,
      hint: hintFor(decided),
    });
  }
  refuseEarly(engine, bench, decided.person);
}

function provenBy({ assurance, presence }: Pick<TallyDecision, 'assurance' | 'presence'>): string {
  if (assurance === 'A2') {
    return 'a fresh login is A2';
  }
  return `this signature proves ${presence ? 'a touch and no PIN' : 'no touch'}`;
}

function hintFor({ assurance }: Pick<TallyDecision, 'assurance'>): string {
  return assurance === 'A2'
    ? 'sign with a passkey, or with your own key: `runbook approve --key FILE`'
    : 'sign with a security key; for a PIN it is made with `ssh-keygen -t ed25519-sk -O verify-required`';
}

/**
 * What somebody says before it was escalated to them would never count. Throws DeniedError `not_asked_yet`;
 * nothing where they are asked now, or never will be.
 */
export function refuseEarly(engine: Engine, bench: Bench, person: string): void {
  if (askedSlots(engine, bench, person).length > 0) {
    return;
  }
  const { content } = bench.request;
  const later = content.policy.slots
    .filter((slot) => isAsked(bench, slot, { person, ageMs: ever }))
    .flatMap(({ escalate = [] }) => escalate)
    .map(({ after_ms }) => after_ms)
    .filter((ageMs) =>
      content.policy.slots.some((slot) => isAsked(bench, slot, { person, ageMs })),
    );
  if (later.length > 0) {
    const fromMs = Date.parse(content.limits.created) + Math.min(...later);
    throw new DeniedError({
      code: 'not_asked_yet',
      message: `\`${person}\` is asked from ${formatTime(fromMs)} on, if others have not decided by then`,
      hint: 'decide again then',
    });
  }
}
