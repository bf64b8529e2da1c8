import type { Assurance } from '../policy/policy.ts';
import { personNamed } from './identity.ts';
import type { People } from './people.ts';

/**
 * Whether a person has any way to decide at a level. A signature by an enrolled key (A3) also fills
 * every lower slot; no other channel takes decisions yet.
 */
export function canReach(people: People): (person: string, assurance: Assurance) => boolean {
  return (name) => (personNamed(people, name)?.sshKeys.length ?? 0) > 0;
}
