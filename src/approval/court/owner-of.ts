import { identitiesOf } from '../people/identity.ts';
import type { People, Person } from '../people/people.ts';
import { type Refused, refused } from './court.ts';

/** The one person whose identity this is; null where it is nobody's, refused where it is two people's. */
export function ownerOf(people: People, identity: string): Person | Refused | null {
  const owners = people.people.filter((person) => identitiesOf(person).includes(identity));
  return owners.length > 1
    ? refused('identity_shared', `\`${identity}\` belongs to two people, so it speaks for nobody`)
    : (owners[0] ?? null);
}

export function nobody(identity: string): Refused {
  return refused(
    'identity_unknown',
    `\`${identity}\` belongs to nobody in \`people.yaml\``,
    'ask whoever keeps `people.yaml` to add it to your entry',
  );
}
