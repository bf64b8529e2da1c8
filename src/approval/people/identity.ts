import type { People, Person } from './people.ts';

/**
 * Everything that means this person, in the form the initiator chain uses: `person:ana`,
 * `os:ana@web1`, `ssh:ssh-ed25519 AAAA…`, `slack:TEAM/USER`, `teams:TENANT/OBJECT`, `email:ADDRESS`,
 * `oidc:ISSUER#SUBJECT`, `passkey:4f7k…`,
 * and what they answer for: `agent:deploy-bot`, `ci:github/acme/infra`.
 */
export function identitiesOf(person: Person): readonly string[] {
  const known = identities.get(person);
  if (known !== undefined) {
    return known;
  }
  const made = listIdentities(person);
  identities.set(person, made);
  return made;
}

/** Everybody's are compared at every decision, and a person, once read, does not change. */
const identities = new WeakMap<Person, readonly string[]>();

function listIdentities(person: Person): readonly string[] {
  return [
    `person:${person.name}`,
    ...person.osUsers.map((user) => `os:${user}`),
    ...signingKeys(person).map((key) => `ssh:${key}`),
    ...person.slack.map((user) => `slack:${user}`),
    ...person.teams.map((user) => `teams:${user}`),
    ...person.emails.map((address) => `email:${address}`),
    ...person.oidc.map((subject) => `oidc:${subject}`),
    ...(person.passkeys ?? []).map(({ passkey }) => `passkey:${passkey}`),
    ...person.agents.map(agentIdentity),
  ];
}

/** Public key lines of all that a person signs with: the file's keys, and passkeys that the journal enrolled. */
export function signingKeys({ sshKeys, passkeys = [] }: Person): readonly string[] {
  return passkeys.length === 0 ? sshKeys : [...sshKeys, ...passkeys.map((key) => key.public)];
}

/** The one person an identity belongs to; `parsePeople` refuses an identity with two. */
export function personOf(people: People, identity: string): Person | null {
  return people.people.find((person) => identitiesOf(person).includes(identity)) ?? null;
}

/** `agent:deploy-bot`, `ci:github/acme/infra`. */
export function agentIdentity(id: string): string {
  return id.startsWith('ci:') ? id : `agent:${id}`;
}

/** The agent or job whose own account this is (`os:bot@web1`), by its id; null where it is none's. */
export function agentOfAccount(people: People, identity: string): string | null {
  const found = people.people
    .flatMap(({ agentUsers }) => Object.entries(agentUsers))
    .find(([, users]) => users.some((user) => isAccount(user, identity.slice('os:'.length))));
  return identity.startsWith('os:') ? (found?.[0] ?? null) : null;
}

/** Whether two of `USER@HOST` can be one account; the host `*` is any. */
export function isAccount(one: string, other: string): boolean {
  const [user, host] = splitAccount(one);
  const [otherUser, otherHost] = splitAccount(other);
  return user === otherUser && (host === otherHost || host === '*' || otherHost === '*');
}

function splitAccount(account: string): readonly [user: string, host: string] {
  const at = account.lastIndexOf('@');
  return [account.slice(0, at), account.slice(at + 1)];
}

/** The person of this name. */
export function personNamed(people: People, name: string): Person | null {
  return people.people.find((person) => person.name === name) ?? null;
}
