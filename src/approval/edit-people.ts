import { type Document, isMap, isSeq, parseDocument, YAMLSeq } from 'yaml';
import { UsageError } from '../base/errors.ts';
import { closest } from '../base/suggest.ts';
import { suggestion } from '../base/yaml-schema.ts';
import { personNamed } from './identity.ts';
import type { Person } from './people.ts';
import { parsePeople } from './people-schema.ts';

/**
 * The text of `people.yaml` with this person in it; somebody already enrolled gains what is new. All
 * else, comments too, stays. Throws InvalidFileError where the text is or would become invalid.
 */
export function addPerson(text: string, person: Person): string {
  const known = personNamed(parsePeople(text, fileName), person.name);
  const document = parseDocument(text);
  const people = peopleOf(document);
  if (known === null) {
    people.flow = false;
    people.add(document.createNode(writtenForm(person)));
  } else {
    extend(document, indexOf(people, person.name), without(person, known));
  }
  return finish(document);
}

/** The text of `people.yaml` without this person. Throws UsageError `person_unknown`. */
export function removePerson(text: string, name: string): string {
  const { people } = parsePeople(text, fileName);
  const names = people.map((person) => person.name);
  if (!names.includes(name)) {
    throw new UsageError({
      code: 'person_unknown',
      message: `\`people.yaml\` has no person \`${name}\``,
      hint: suggestion(closest(name, names)),
    });
  }
  const document = parseDocument(text);
  const list = peopleOf(document);
  list.delete(indexOf(list, name));
  return finish(document);
}

const fileName = 'people.yaml';

/** The written form's keys, in the order they are written. */
function writtenForm(person: Person): Record<string, string | readonly string[]> {
  const lists = {
    groups: person.groups,
    os_users: person.osUsers,
    ssh_keys: person.sshKeys,
    slack: person.slack,
    teams: person.teams,
    oidc: person.oidc,
    agents: person.agents,
  };
  return {
    name: person.name,
    ...Object.fromEntries(Object.entries(lists).filter(([, items]) => items.length > 0)),
  };
}

function without(person: Person, known: Person): Person {
  const fresh = (key: Exclude<keyof Person, 'name'>) =>
    person[key].filter((item) => !known[key].includes(item));
  return {
    name: person.name,
    groups: fresh('groups'),
    osUsers: fresh('osUsers'),
    sshKeys: fresh('sshKeys'),
    slack: fresh('slack'),
    teams: fresh('teams'),
    oidc: fresh('oidc'),
    agents: fresh('agents'),
  };
}

function extend(document: Document, index: number, person: Person): void {
  const { name: _name, ...lists } = writtenForm(person);
  for (const [key, items] of Object.entries(lists)) {
    const path = ['people', index, key];
    const present = document.getIn(path);
    if (isSeq(present)) {
      [...items].forEach((item) => present.add(item));
    } else {
      document.setIn(path, document.createNode(items));
    }
  }
}

function peopleOf(document: Document): YAMLSeq {
  const present = document.get('people');
  if (isSeq(present)) {
    return present;
  }
  const people = new YAMLSeq();
  document.set('people', people);
  return people;
}

function indexOf(people: YAMLSeq, name: string): number {
  return people.items.findIndex((item) => isMap(item) && item.get('name') === name);
}

/** Keys stay on one line, and nothing leaves that could not be read again. */
function finish(document: Document): string {
  const text = document.toString({ lineWidth: 0 });
  parsePeople(text, fileName);
  return text;
}
