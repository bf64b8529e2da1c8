import { anyone } from '../policy/policy.ts';
import { identitiesOf, personNamed, personOf } from './identity.ts';
import type { ChainLink, Initiator, People, Person } from './people.ts';

/**
 * Answers who may fill a slot's `from` (`group:NAME`, a person's name, `*`): names in the order of
 * `people.yaml`, never anyone of the initiator chain. An unknown group or person is nobody, and so is
 * everybody while a link of the chain cannot be resolved any more.
 */
export function eligiblePeople(
  people: People,
  initiator: Initiator,
): (from: readonly string[]) => readonly string[] {
  const outside =
    departedLink(people, initiator) === null
      ? people.people.filter((person) => conflictOf(person, initiator) === null)
      : [];
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

function isAmong(person: Person, from: readonly string[]): boolean {
  return from.some(
    (entry) =>
      entry === anyone ||
      entry === person.name ||
      person.groups.some((group) => entry === `group:${group}`),
  );
}
