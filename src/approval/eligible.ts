import { anyone, type Slot, type SlotPeople } from '../policy/policy.ts';
import { identitiesOf, personNamed, personOf } from './identity.ts';
import type { ChainLink, Initiator, People, Person } from './people.ts';
import { isSupervisor } from './supervisor.ts';

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
  return departedLink(assembly.people, assembly.initiator) === null
    ? assembly.people.people
        .filter((person) => isEligible(slot, person, { assembly, ageMs }))
        .map(({ name }) => name)
    : [];
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
    (slot) => isNamed(slot, person, ever) && mayDespiteTies(slot, person, initiator),
  );
}

function isEligible(
  slot: SlotPeople,
  person: Person,
  { assembly, ageMs }: { readonly assembly: Assembly; readonly ageMs: number },
): boolean {
  const { initiator } = assembly;
  return (
    isNamed(slot, person, ageMs) &&
    (conflictOf(person, initiator) === null || mayDespiteTies(slot, person, initiator))
  );
}

function mayDespiteTies(slot: SlotPeople, person: Person, initiator: Initiator): boolean {
  return (
    slot.own === true ||
    (slot.supervised === true && isSupervisor(tiesOf(person, initiator), initiator))
  );
}

function isNamed(slot: SlotPeople, person: Person, ageMs: number): boolean {
  const { excluded = [], lists = {} } = slot;
  return (
    sourcesOf(slot, ageMs).some((entry) => isAmong(person, entry, lists)) &&
    !excluded.some((one) => one.person === person.name)
  );
}

function isAmong(person: Person, entry: string, lists: NonNullable<Slot['lists']>): boolean {
  return (
    entry === anyone ||
    entry === person.name ||
    person.groups.some((group) => entry === `group:${group}`) ||
    Object.entries(lists).some(
      ([name, people]) => entry === `list:${name}` && people.includes(person.name),
    )
  );
}

/**
 * The link that makes this person part of the run's own chain, so that they cannot approve it; null
 * where none does. Both count: who a link belonged to when it was recorded, and who its identity
 * belongs to now, so that neither dropping an account nor renaming a person lets anyone slip out.
 */
export function conflictOf(person: Person, initiator: Initiator): ChainLink | null {
  return tiesOf(person, initiator)[0] ?? null;
}

/** All links that make this person part of the chain, as `conflictOf`. */
export function tiesOf(person: Person, initiator: Initiator): readonly ChainLink[] {
  const theirs = identitiesOf(person);
  return initiator.chain.filter(
    ({ identity, person: recorded }) => recorded === person.name || theirs.includes(identity),
  );
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
