import { reaches } from '../../policy/assurance.ts';
import type { Assurance } from '../../policy/policy.ts';
import { personNamed, signingKeys } from '../people/identity.ts';
import type { People, Person } from '../people/people.ts';

/**
 * Identities of people, as `people.yaml` has them, by which a receiver can know who decides. `email`: an
 * account that is nobody's is matched by its address; `os`: by the files that an account of the host owns.
 */
export type HeardBy = 'slack' | 'teams' | 'email' | 'os';

/** How people can decide here besides signing. */
export interface Means {
  /** What receivers here take decisions by. */
  readonly heardBy: ReadonlySet<HeardBy>;
  /** Whoever has an account with an issuer can log in for a decision (A2). */
  readonly logins: boolean;
  /** Names of the people whose token lets them decide. */
  readonly tokens: ReadonlySet<string>;
  /** What a receiver's word weighs for this run. */
  readonly level: 'A0' | 'A1';
  /** This host: its accounts decide by the files they own, at A0. */
  readonly host: string;
}

/** Nobody hears anybody: only signatures count. */
export const signingAlone: Means = {
  heardBy: new Set(),
  logins: false,
  tokens: new Set(),
  level: 'A0',
  host: '',
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
      (signingKeys(person).length > 0 ||
        (reaches('A2', assurance) && means.logins && person.oidc.length > 0) ||
        (reaches(means.level, assurance) && isHeard(person, means)) ||
        (reaches('A0', assurance) && hasAccount(person, means)))
    );
  };
}

function isHeard({ name, slack, teams, emails }: Person, { heardBy, tokens }: Means): boolean {
  const accounts = { slack, teams, email: emails };
  const clicks = (['slack', 'teams', 'email'] as const).some(
    (kind) => heardBy.has(kind) && accounts[kind].length > 0,
  );
  return clicks || tokens.has(name);
}

function hasAccount({ osUsers }: Person, { heardBy, host }: Means): boolean {
  return heardBy.has('os') && osUsers.some((account) => account.endsWith(`@${host}`));
}
