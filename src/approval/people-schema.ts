import { RunbookError } from '../base/errors.ts';
import { valueOf } from '../base/yaml.ts';
import { list, object } from '../base/yaml-collections.ts';
import { text } from '../base/yaml-scalars.ts';
import {
  checkDocument,
  invalid,
  type Located,
  located,
  optional,
  type Place,
  refine,
} from '../base/yaml-schema.ts';
import { parseTrustedFile } from '../policy/trusted-file.ts';
import { identitiesOf } from './identity.ts';
import type { People, Person } from './people.ts';
import { formatPublicKey, parsePublicKey } from './ssh-key.ts';

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
    oidc: many(/^https:\/\/[^\s#]+#[^\s#]+$/, 'https://login.example.com#248289761001'),
    agents: many(/^(ci:)?[A-Za-z0-9][A-Za-z0-9._/@-]*$/, 'deploy-bot'),
  }),
  ({ ssh_keys, os_users, ...rest }): Person => ({
    ...rest,
    sshKeys: ssh_keys,
    osUsers: os_users,
    agentUsers: {},
  }),
);

const peopleFile = refine(
  object({ people: optional(list(located(personFile)), []) }),
  ({ people }, _node, place): People => {
    refuseShared(people, place);
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
        place.report(at, `\`${identity}\` belongs to both \`${owner}\` and \`${person.name}\``);
      }
    }
  }
}
