import { anyone } from '../policy/policy.ts';
import { identitiesOf } from './identity.ts';
import type { ChainLink, Initiator, People, Person } from './people.ts';

/**
 * Answers who may fill a slot's `from` (`group:NAME`, a person's name, `*`): names in the order of
 * `people.yaml`, never anyone of the initiator chain. An unknown group or person is nobody.
 */
export function eligiblePeople(
  people: People,
  initiator: Initiator,
): (from: readonly string[]) => readonly string[] {
  const outside = people.people.filter((person) => conflictOf(person, initiator) === null);
  return (from) => outside.filter((person) => isAmong(person, from)).map((person) => person.name);
}

/**
 * The link that makes this person part of the run's own chain, so that they cannot approve it; null
 * where none does. Both count: who a link belonged to when it was recorded, and who its identity
 * belongs to now, so that neither dropping an account nor renaming a person lets anyone slip out.
 */
export function conflictOf(person: Person, initiator: Initiator): ChainLink | null {
  const theirs = identitiesOf(person);
  const link = initiator.chain.find(
    ({ identity, person: recorded }) => recorded === person.name || theirs.includes(identity),
  );
  return link ?? null;
}

function isAmong(person: Person, from: readonly string[]): boolean {
  return from.some(
    (entry) =>
      entry === anyone ||
      entry === person.name ||
      person.groups.some((group) => entry === `group:${group}`),
  );
}
