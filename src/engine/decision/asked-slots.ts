import { eligibleFor, ever } from '../../approval/tally/eligible.ts';
import { fits, type TallyDecision } from '../../approval/tally/tally.ts';
import { formatTime } from '../../base/clock.ts';
import { DeniedError } from '../../base/errors.ts';
import type { Slot } from '../../policy/policy.ts';
import type { Engine } from '../engine.ts';
import type { Bench } from './commit-decision.ts';

/** The slots of a request that this person may fill now. */
export function askedSlots(engine: Engine, bench: Bench, person: string): readonly Slot[] {
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

/** What a slot asks of the evidence, in words. */
export function wantedOf({ assurance, presence, verified }: Slot): string {
  if (verified === true) {
    return `${assurance} with a touch of a security key that checked its PIN`;
  }
  return presence ? `${assurance} with a touch of a security key` : assurance;
}

/**
 * Refuses a signed approval that could fill no slot, while somebody is there to be told how to give one
 * that counts. Throws DeniedError `assurance_too_low`, `not_asked_yet`.
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
      message: `${wanted.join(', ')}; this signature proves ${provenBy(decided)}`,
      hint: 'sign with a security key; for a PIN it is made with `ssh-keygen -t ed25519-sk -O verify-required`',
    });
  }
  if (asked.length === 0) {
    refuseEarly(bench, decided.person);
  }
}

function provenBy({ presence }: Pick<TallyDecision, 'presence'>): string {
  return presence ? 'a touch and no PIN' : 'no touch';
}

/** What somebody signs before it was escalated to them would never count. */
function refuseEarly(bench: Bench, person: string): void {
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
