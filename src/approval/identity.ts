import type { People, Person } from './people.ts';

/**
 * Everything that means this person, in the form the initiator chain uses: `person:ana`,
 * `os:ana@web1`, `ssh:ssh-ed25519 AAAA…`, `slack:TEAM/USER`, `teams:TENANT/OBJECT`, `email:ADDRESS`,
 * `oidc:ISSUER#SUBJECT`,
 * and what they answer for: `agent:deploy-bot`, `ci:github/acme/infra`.
 */
export function identitiesOf(person: Person): readonly string[] {
  return [
    `person:${person.name}`,
    ...person.osUsers.map((user) => `os:${user}`),
    ...person.sshKeys.map((key) => `ssh:${key}`),
    ...person.slack.map((user) => `slack:${user}`),
    ...person.teams.map((user) => `teams:${user}`),
    ...person.emails.map((address) => `email:${address}`),
    ...person.oidc.map((subject) => `oidc:${subject}`),
    ...person.agents.map((id) => (id.startsWith('ci:') ? id : `agent:${id}`)),
  ];
}

/** The one person an identity belongs to; `parsePeople` refuses an identity with two. */
export function personOf(people: People, identity: string): Person | null {
  return people.people.find((person) => identitiesOf(person).includes(identity)) ?? null;
}

/** The person of this name. */
export function personNamed(people: People, name: string): Person | null {
  return people.people.find((person) => person.name === name) ?? null;
}
