import { reaches } from '../../policy/assurance.ts';
import type { Assurance } from '../../policy/policy.ts';
import { personNamed } from '../people/identity.ts';
import type { People, Person } from '../people/people.ts';

/** How people can decide here besides signing. */
export interface Means {
  /** Clicks in Slack are taken. */
  readonly slack: boolean;
  /** A chat account that is nobody's is matched by its address. */
  readonly email: boolean;
  /** Names of the people whose token lets them decide. */
  readonly tokens: ReadonlySet<string>;
  /** What a receiver's word weighs for this run. */
  readonly level: 'A0' | 'A1';
  /** The host whose accounts decide, at A0, by the files they own; null where it has no spool. */
  readonly spool: string | null;
}

/** Nobody hears anybody: only signatures count. */
export const signingAlone: Means = {
  slack: false,
  email: false,
  tokens: new Set(),
  level: 'A0',
  spool: null,
};

/**
 * Whether a person has any way to decide at a level. A signature by an enrolled key (A3) also fills every
 * lower slot. For warning early that nobody could ever approve; whether a decision counts is judged apart.
 */
export function canReach(
  people: People,
  means: Means,
): (person: string, assurance: Assurance) => boolean {
  return (name, assurance) => {
    const person = personNamed(people, name);
    return (
      person !== null &&
      (person.sshKeys.length > 0 ||
        (reaches(means.level, assurance) && isHeard(person, means)) ||
        (reaches('A0', assurance) && hasAccount(person, means)))
    );
  };
}

function isHeard({ name, slack, emails }: Person, means: Means): boolean {
  const clicks = means.slack && (slack.length > 0 || (means.email && emails.length > 0));
  return clicks || means.tokens.has(name);
}

function hasAccount({ osUsers }: Person, { spool }: Means): boolean {
  return spool !== null && osUsers.some((account) => account.endsWith(`@${spool}`));
}
