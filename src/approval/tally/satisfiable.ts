import { combinationsOf } from '../../policy/combinations.ts';
import { explainFrom } from '../../policy/explain-slot.ts';
import type { Assurance, Slot } from '../../policy/policy.ts';
import { ever, sourcesOf } from './eligible.ts';
import { type Demand, matchPeople } from './matching.ts';

/**
 * Why these slots could not be filled even if everybody approved whom they are or will be open to, in
 * words; null where they could. `canReach` says whether a person has any means to decide at that level
 * (an enrolled key).
 */
export function unsatisfiable(
  slots: readonly Slot[],
  canReach: (person: string, assurance: Assurance) => boolean,
): string | null {
  const flaws = combinationsOf(slots).map((set) => flawOf(set, canReach));
  if (flaws.includes(null)) {
    return null;
  }
  const [first = 'the alternatives combine in too many ways', ...others] = flaws;
  return others.length === 0 ? first : `no alternative can be met: ${flaws.join('; or ')}`;
}

function flawOf(
  slots: readonly Slot[],
  canReach: (person: string, assurance: Assurance) => boolean,
): string | null {
  const ableFor = (slot: Slot) =>
    peopleOf(slot).filter((person) => canReach(person, slot.assurance));
  const short = slots.find((slot) => ableFor(slot).length < slot.count);
  if (short !== undefined) {
    return tooFew(short, ableFor(short));
  }
  const demands = slots.map((slot) => ({
    slot: slot.id,
    count: slot.count,
    people: ableFor(slot),
  }));
  const [missing] = matchPeople(demands).missing;
  return missing === undefined ? null : tooFewTogether(demands, missing.slot);
}

/** Everybody whom a slot is or will be open to. */
function peopleOf({ eligible, escalate = [] }: Slot): readonly string[] {
  return [...new Set([...eligible, ...escalate.flatMap((later) => later.eligible)])];
}

function tooFew(slot: Slot, able: readonly string[]): string {
  const need = `slot \`${slot.id}\` needs ${counted(slot.count, 'approval', 'approvals')}`;
  const from = explainFrom(sourcesOf(slot, ever));
  const eligible = peopleOf(slot);
  if (eligible.length < slot.count) {
    const verb = eligible.length === 1 ? 'is' : 'are';
    return `${need} from ${from}, but ${counted(eligible.length, 'person', 'people')} ${verb} eligible${named(eligible)}`;
  }
  return `${need} at \`${slot.assurance}\` from ${from}, but ${able.length} of ${counted(eligible.length, 'eligible person', 'eligible people')} can give one${named(able)}`;
}

/**
 * Names the slots that compete with this one and the people they have between them: by Hall's theorem
 * there is such a set with fewer people than places.
 */
function tooFewTogether(demands: readonly Demand[], slot: string): string {
  const { filled } = matchPeople(demands);
  const tight = new Set([slot]);
  const crowd = new Set<string>();
  // Both sets grow while they are walked: whoever could fill a tight slot drags in the slot they fill.
  for (const id of tight) {
    for (const person of demands.find((demand) => demand.slot === id)?.people ?? []) {
      crowd.add(person);
      tight.add(filled.find((seat) => seat.person === person)?.slot ?? slot);
    }
  }
  const places = demands
    .filter((demand) => tight.has(demand.slot))
    .reduce((sum, { count }) => sum + count, 0);
  const slots = [...tight].map((id) => `\`${id}\``).join(' and ');
  return `slots ${slots} need ${places} different people, but have ${crowd.size}${named([...crowd])}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function named(people: readonly string[]): string {
  return people.length === 0 ? '' : `: ${people.map((person) => `\`${person}\``).join(', ')}`;
}
