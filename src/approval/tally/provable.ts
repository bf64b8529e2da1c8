import type { Assurance, Slot } from '../../policy/policy.ts';
import { signingKeys } from '../people/identity.ts';
import type { People } from '../people/people.ts';
import { isSecurityKey } from '../ssh/security-key.ts';
import { unsatisfiable } from './satisfiable.ts';

/**
 * Why these slots could never be filled by the people as they are, by what they can reach and by what
 * their keys can prove; null where they could.
 */
export function whyUnfillable(
  slots: readonly Slot[],
  people: People,
  canReach: (person: string, assurance: Assurance) => boolean,
): string | null {
  return (
    unsatisfiable(slots, canReach) ?? touchless(unsatisfiable(provable(slots, people), canReach))
  );
}

/** The slots with those alone who have the key for a demanded touch. */
export function provable(slots: readonly Slot[], { people }: People): readonly Slot[] {
  const holders = new Set(
    people.filter((person) => signingKeys(person).some(isSecurityKey)).map(({ name }) => name),
  );
  return slots.map((slot) => {
    const canProve = (name: string): boolean =>
      !(slot.presence || slot.verified === true) || holders.has(name);
    const escalate = (slot.escalate ?? []).map((later) => ({
      ...later,
      eligible: later.eligible.filter(canProve),
    }));
    return { ...slot, eligible: slot.eligible.filter(canProve), escalate };
  });
}

function touchless(flaw: string | null): string | null {
  return flaw === null ? null : `${flaw} with a security key, which alone proves a touch`;
}
