import { type Document, isMap, isScalar, isSeq, parseDocument, YAMLSeq } from 'yaml';
import { UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import { suggestion } from '../../base/yaml-schema.ts';
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
    enrol(document, people, person);
  } else {
    extend(document, indexOf(people, person.name), { person, known });
  }
  giveAccounts(document, indexOf(people, person.name), { person, known });
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

/** The written lists of a person, in the order they are written. */
function listsOf(person: Person): readonly (readonly [key: string, items: readonly string[]])[] {
  return [
    ['groups', person.groups],
    ['os_users', person.osUsers],
    ['ssh_keys', person.sshKeys],
    ['slack', person.slack],
    ['teams', person.teams],
    ['emails', person.emails],
    ['oidc', person.oidc],
    ['agents', person.agents],
  ];
}

function enrol(document: Document, people: YAMLSeq, person: Person): void {
  const written = listsOf(person).filter(([, items]) => items.length > 0);
  // An empty list is mostly written `[]`; nobody wants to read people in that style.
  people.flow = false;
  people.add(document.createNode({ name: person.name, ...Object.fromEntries(written) }));
}

function extend(
  document: Document,
  at: number,
  { person, known }: { readonly person: Person; readonly known: Person },
): void {
  const had = new Map(listsOf(known));
  for (const [key, items] of listsOf(person)) {
    const fresh = items.filter((item) => had.get(key)?.includes(item) === false);
    const path = ['people', at, key];
    const present = document.getIn(path);
    if (isSeq(present)) {
      fresh.forEach((item) => present.add(item));
    } else if (fresh.length > 0) {
      document.setIn(path, document.createNode(fresh));
    }
  }
}

/** Beside an agent's id, as soon as it has accounts of its own: `{ id: deploy-bot, os_users: [bot@web1] }`. */
function giveAccounts(document: Document, at: number, { person, known }: Merge): void {
  for (const [id, users] of Object.entries(person.agentUsers)) {
    const had = known?.agentUsers[id] ?? [];
    const fresh = users.filter((user) => !had.includes(user));
    const agents = document.getIn(['people', at, 'agents']);
    const index = isSeq(agents) ? agents.items.findIndex((item) => idOf(item) === id) : -1;
    const path = ['people', at, 'agents', index];
    const present = document.getIn([...path, 'os_users']);
    if (isSeq(present)) {
      fresh.forEach((user) => present.add(user));
    } else if (fresh.length > 0) {
      const written = document.createNode({ id, os_users: fresh }, { flow: true });
      written.comment = commentOf(document.getIn(path, true));
      document.setIn(path, written);
    }
  }
}

function idOf(agent: unknown): unknown {
  return isMap(agent) ? agent.get('id') : isScalar(agent) ? agent.value : agent;
}

function commentOf(node: unknown): string | null {
  return isScalar(node) ? (node.comment ?? null) : null;
}

interface Merge {
  readonly person: Person;
  /** As they are enrolled; null where they are not. */
  readonly known: Person | null;
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
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  parsePeople(text, fileName);
  return text;
}
