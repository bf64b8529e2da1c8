import type { People } from '../../approval/people/people.ts';
import type { StandingRequest } from '../channel.ts';
import { audienceOf, type EmailSettings, isAddress } from './settings.ts';

/** Names of the people who may fill what is still missing, and have not decided. */
export function peopleAsked({ content, missing, decisions }: StandingRequest): readonly string[] {
  const lacking = new Set(missing.map(({ slot }) => slot));
  const asked = content.policy.slots
    .filter(({ id }) => lacking.has(id))
    .flatMap(({ eligible }) => eligible);
  const decided = new Set(
    decisions.filter(({ decision }) => decision === 'approve').map(({ person }) => person),
  );
  return [...new Set(asked)].filter((name) => !decided.has(name));
}

/**
 * Where these people are told of a request in this environment, and the addresses that are told of every
 * one. Whoever has no address here is told elsewhere, or asks.
 */
export function addressesOf(
  people: People,
  names: readonly string[],
  { settings, environment }: { readonly settings: EmailSettings; readonly environment: string },
): readonly string[] {
  const audience = audienceOf(settings, environment);
  const heard = people.people.filter(
    ({ name, groups }) =>
      names.includes(name) &&
      (audience === null || groups.some((group) => audience.groups.includes(group))),
  );
  const own = heard.flatMap(({ name }) => addressOf(people, name) ?? []);
  return [...new Set([...own, ...(audience?.addresses ?? [])])];
}

/** Mail goes to a person's first address. */
export function addressOf(people: People, name: string): string | null {
  const person = people.people.find((it) => it.name === name);
  return person?.emails.find(isAddress) ?? null;
}
