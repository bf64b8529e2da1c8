import { personNamed, personOf } from '../approval/people/identity.ts';
import type { People } from '../approval/people/people.ts';
import type { ListAnswer } from '../policy/policy.ts';
import type { Rules } from '../run/judge.ts';
import type { Engine } from './engine.ts';

/**
 * What policy's lists say now, each asked at most once by the function that this answers. A list that
 * does not exist or cannot be asked names nobody.
 */
export function listsOf(
  engine: Pick<Engine, 'askList'>,
  { policy, people }: Pick<Rules, 'policy' | 'people'>,
): (name: string) => ListAnswer {
  const known = new Map<string, ListAnswer>();
  return (name) => {
    const answer = known.get(name) ?? ask(name);
    known.set(name, answer);
    return answer;
  };

  function ask(name: string): ListAnswer {
    const list = Object.hasOwn(policy.lists, name) ? policy.lists[name] : undefined;
    if (list === undefined) {
      return { people: [], unknown: [], error: 'policy has no such list' };
    }
    const { entries, error } = engine.askList(list);
    return error === null
      ? { ...lookUp(people, entries), error }
      : { people: [], unknown: [], error };
  }
}

/** An entry is a name in `people.yaml`, an address or any other identity of a person. */
function lookUp(
  people: People,
  entries: readonly string[],
): Pick<ListAnswer, 'people' | 'unknown'> {
  const found = entries.map((entry) => ({ entry, person: personBehind(people, entry) }));
  return {
    people: [...new Set(found.flatMap(({ person }) => person ?? []))],
    unknown: found.flatMap(({ entry, person }) => (person === null ? entry : [])),
  };
}

function personBehind(people: People, entry: string): string | null {
  const found =
    personNamed(people, entry) ??
    personOf(people, entry) ??
    personOf(people, `email:${entry.toLowerCase()}`);
  return found?.name ?? null;
}
