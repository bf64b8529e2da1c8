import { anyone, type SlotPeople } from '../../policy/policy.ts';
import { identitiesOf, personNamed, personOf } from '../people/identity.ts';
import type { ChainLink, Initiator, People, Person } from '../people/people.ts';
import { isSupervisor } from '../people/supervisor.ts';

/** The people of a run as they are. */
export interface Assembly {
  readonly people: People;
  readonly initiator: Initiator;
}

/** The age at which a slot is open to everybody whom it will ever be open to. */
export const ever = Number.POSITIVE_INFINITY;

/**
 * Who may fill a slot `ageMs` after it was asked for: names in the order of `people.yaml`. They are among
 * its `from` (`group:NAME`, `list:NAME` as the slot's own snapshot has it, a person's name, `*`) or among
 * those it was escalated to by then, not excluded, and nothing ties them to the run, unless the slot says
 * that an agent's owner (`supervised`) or whoever acts (`own`) may. An unknown group, list or person is
 * nobody, and so is everybody while a link of the chain cannot be resolved any more.
 */
export function eligibleFor(slot: SlotPeople, assembly: Assembly, ageMs = 0): readonly string[] {
  const { people, initiator } = assembly;
  const { departed, tied } = behindOf(assembly);
  if (departed) {
    return [];
  }
  const isNamed = namedBy(slot, ageMs);
  return people.people
    .filter(
      (person) => isNamed(person) && (!tied.has(person) || mayDespiteTies(slot, person, initiator)),
    )
    .map(({ name }) => name);
}

/** Those of the people who stand behind a run. */
interface Behind {
  /** A link of the chain cannot be resolved any more. */
  readonly departed: boolean;
  readonly tied: ReadonlySet<Person>;
}

/** Asked for every slot of every decision; people and chain, once read, do not change. */
const behind = new WeakMap<People, WeakMap<Initiator, Behind>>();

function behindOf({ people, initiator }: Assembly): Behind {
  const known = behind.get(people) ?? new WeakMap<Initiator, Behind>();
  behind.set(people, known);
  const made = known.get(initiator) ?? {
    departed: departedLink(people, initiator) !== null,
    tied: new Set(people.people.filter((person) => conflictOf(person, initiator) !== null)),
  };
  known.set(initiator, made);
  return made;
}

/** The entries whose people may fill a slot at that age: its own, and those it was escalated to. */
export function sourcesOf({ from, escalate = [] }: SlotPeople, ageMs: number): readonly string[] {
  const due = escalate.filter(({ after_ms }) => after_ms <= ageMs).flatMap(({ to }) => to);
  return due.length === 0 ? from : [...new Set([...from, ...due])];
}

/** Whether one of the slots lets in somebody who stands behind the run. */
export function letsIn(
  slots: readonly SlotPeople[],
  person: Person,
  initiator: Initiator,
): boolean {
  return slots.some(
    (slot) => namedBy(slot, ever)(person) && mayDespiteTies(slot, person, initiator),
  );
}

function mayDespiteTies(slot: SlotPeople, person: Person, initiator: Initiator): boolean {
  return (
    slot.own === true ||
    (slot.supervised === true && isSupervisor(tiesOf(person, initiator), initiator))
  );
}

/** Whom a slot names at that age and does not exclude. */
function namedBy(slot: SlotPeople, ageMs: number): (person: Person) => boolean {
  const { excluded = [], lists = {} } = slot;
  const entries = sourcesOf(slot, ageMs);
  const isAnyone = entries.includes(anyone);
  const names = new Set(entries);
  const groups = new Set<string>();
  for (const entry of entries) {
    const name = entry.slice(entry.indexOf(':') + 1);
    if (entry.startsWith('group:')) {
      groups.add(name);
    }
    if (entry.startsWith('list:') && Object.hasOwn(lists, name)) {
      lists[name]?.forEach((person) => names.add(person));
    }
  }
  return (person) =>
    (isAnyone || names.has(person.name) || person.groups.some((group) => groups.has(group))) &&
    !excluded.some((one) => one.person === person.name);
}

/**
 * The link that makes this person part of the run's own chain, so that they cannot approve it; null
 * where none does. Both count: who a link belonged to when it was recorded, and who its identity
 * belongs to now, so that neither dropping an account nor renaming a person lets anyone slip out.
 */
export function conflictOf(person: Person, initiator: Initiator): ChainLink | null {
  return initiator.chain.find((link) => ties(person, link)) ?? null;
}

/** All links that make this person part of the chain, as `conflictOf`. */
export function tiesOf(person: Person, initiator: Initiator): readonly ChainLink[] {
  return initiator.chain.filter((link) => ties(person, link));
}

function ties(person: Person, { identity, person: recorded }: ChainLink): boolean {
  return recorded === person.name || identitiesOf(person).includes(identity);
}

/**
 * A link whose person `people.yaml` no longer knows, neither by the name recorded nor by the identity:
 * under a new name they could decide about their own run, so that nobody can. Null where all are known.
 * Tokens make this real, because the identity `token:…` stands in no file.
 */
export function departedLink(people: People, initiator: Initiator): ChainLink | null {
  const link = initiator.chain.find(
    ({ identity, person }) =>
      person !== null &&
      personNamed(people, person) === null &&
      personOf(people, identity) === null,
  );
  return link ?? null;
}
