import { RunbookError } from '../../base/errors.ts';
import { parseTrustedFile } from '../../base/trusted-file.ts';
import { valueOf } from '../../base/yaml.ts';
import { either, list, object } from '../../base/yaml-collections.ts';
import { text } from '../../base/yaml-scalars.ts';
import {
  checkDocument,
  invalid,
  type Located,
  located,
  optional,
  type Place,
  refine,
} from '../../base/yaml-schema.ts';
import { formatPublicKey, parsePublicKey } from '../ssh/ssh-key.ts';
import { agentIdentity, identitiesOf, isAccount } from './identity.ts';
import type { People, Person } from './people.ts';

/**
 * Reads `people.yaml`; an empty one enrols nobody. Throws InvalidFileError `people_invalid` (exit 2)
 * with every problem and its place: among them an identity or key that two people claim, because then
 * nobody could say who decided.
 */
export function parsePeople(source: string, file: string): People {
  return checkDocument(peopleFile, parseTrustedFile(source, file, 'people_invalid'));
}

const sshKey = refine(text(), (line, node, place) => {
  try {
    return formatPublicKey(parsePublicKey(line));
  } catch (error) {
    if (error instanceof RunbookError) {
      place.report(node.at, error.message, error.hint);
      return invalid;
    }
    throw error;
  }
});

const many = (pattern: RegExp, example: string) => optional(list(text({ pattern, example })), []);

/** An issuer is reached by https; one of this machine, in a test, also without. */
const subjectOfIssuer =
  /^(https:\/\/[^\s#]+|http:\/\/(127\.0\.0\.1|localhost):\d+(\/[^\s#]*)?)#[^\s#]+$/;

const agentId = text({ pattern: /^(ci:)?[A-Za-z0-9][A-Za-z0-9._/@-]*$/, example: 'deploy-bot' });

/** By its id alone, or with the accounts that are its own. Jobs run on many hosts: `*` stands for any. */
const agentFile = either(
  {
    scalar: refine(agentId, (id): WrittenAgent => ({ id, os_users: [] })),
    map: object({
      id: agentId,
      os_users: many(/^[^\s:/]+@([a-z0-9][a-z0-9._-]*|\*)$/, 'bot@web1'),
    }),
  },
  'an id such as `deploy-bot`, or a map with `id` and `os_users`',
);

interface WrittenAgent {
  readonly id: string;
  readonly os_users: readonly string[];
}

const personFile = refine(
  object({
    name: text({ pattern: /^[a-z][a-z0-9._-]*$/, example: 'ana' }),
    groups: many(/^[a-z][a-z0-9_-]*$/, 'sre'),
    ssh_keys: optional(list(sshKey), []),
    // Hosts are compared in lower case.
    os_users: many(/^[^\s:/]+@[a-z0-9][a-z0-9._-]*$/, 'ana@web1'),
    slack: many(/^[A-Z0-9]+\/[A-Z0-9]+$/, 'T0123ABCD/U0123ABCD'),
    teams: many(/^[0-9a-f-]{36}\/[0-9a-f-]{36}$/, 'TENANT_ID/OBJECT_ID'),
    emails: many(/^[^\s@A-Z]+@[^\s@A-Z]+$/, 'ana@example.com'),
    oidc: many(subjectOfIssuer, 'https://login.example.com#248289761001'),
    agents: optional(list(agentFile), []),
  }),
  ({ ssh_keys, os_users, agents, ...rest }): Person => ({
    ...rest,
    sshKeys: ssh_keys,
    osUsers: os_users,
    agents: [...new Set(agents.map(({ id }) => id))],
    agentUsers: usersOf(agents),
  }),
);

function usersOf(agents: readonly WrittenAgent[]): Person['agentUsers'] {
  const users = new Map<string, readonly string[]>();
  for (const { id, os_users } of agents.filter((agent) => agent.os_users.length > 0)) {
    users.set(id, [...new Set([...(users.get(id) ?? []), ...os_users])]);
  }
  return Object.fromEntries(users);
}

const peopleFile = refine(
  object({ people: optional(list(located(personFile)), []) }),
  ({ people }, _node, place): People => {
    refuseShared(people, place);
    refuseSharedAccounts(people, place);
    return { people: people.map(({ value }) => value) };
  },
);

function refuseShared(people: readonly Located<Person>[], place: Place): void {
  const owners = new Map<string, string>();
  for (const { value: person, node } of people) {
    const at = valueOf(node, 'name')?.at ?? node.at;
    for (const identity of new Set(identitiesOf(person))) {
      const owner = owners.get(identity);
      owners.set(identity, owner ?? person.name);
      if (identity === `person:${person.name}` && owner !== undefined) {
        place.report(at, `two people have the name \`${person.name}\``);
      } else if (owner !== undefined && owner !== person.name) {
        const shared = identity.startsWith('os:') ? sharedHint : undefined;
        const both = `\`${owner}\` and \`${person.name}\``;
        place.report(at, `\`${identity}\` belongs to both ${both}`, shared);
      }
    }
  }
}

const sharedHint =
  "an account of several people is nobody's: leave it out of `people.yaml`, and they start with `--as NAME`";

/** An account stands for one person or one agent: `*` must not let an agent's reach into a person's. */
function refuseSharedAccounts(people: readonly Located<Person>[], place: Place): void {
  const accounts = people.flatMap(({ value: person, node }) => {
    const at = valueOf(node, 'name')?.at ?? node.at;
    const own = person.osUsers.map((account) => ({ account, at, owner: person.name, id: null }));
    const agents = Object.entries(person.agentUsers).flatMap(([id, users]) =>
      users.map((account) => ({ account, at, owner: agentIdentity(id), id })),
    );
    return [...own, ...agents];
  });
  for (const [index, one] of accounts.entries()) {
    const other = accounts
      .slice(0, index)
      .find(({ account, owner }) => owner !== one.owner && isAccount(account, one.account));
    // Two people who claim one account have been told already.
    if (other !== undefined && (one.id !== null || other.id !== null)) {
      place.report(
        one.at,
        `\`os:${one.account}\` belongs to both \`${other.owner}\` and \`${one.owner}\``,
      );
    }
  }
}
