/** A demand for people: `count` distinct ones out of `people`. */
export interface Demand {
  readonly slot: string;
  readonly count: number;
  readonly people: readonly string[];
}

/** Who fills what, and what stays open. */
export interface Matching {
  readonly filled: readonly { readonly slot: string; readonly person: string }[];
  readonly missing: readonly { readonly slot: string; readonly count: number }[];
}

/**
 * Fills as many places as possible with distinct people: a maximum bipartite matching (Kuhn's
 * augmenting paths), so that nobody is spent on one slot who was needed in another. Earlier slots are
 * filled first where not all can be. Slot ids are unique.
 */
export function matchPeople(demands: readonly Demand[]): Matching {
  const places = demands.flatMap((demand) => Array.from({ length: demand.count }, () => demand));
  const holder = new Map<string, number>();
  const open = places.map((_, place) => !augment({ places, holder, tried: new Set() }, place));
  return {
    filled: [...holder].map(([person, place]) => ({ slot: places[place]?.slot ?? '', person })),
    missing: demands
      .map(({ slot }) => ({
        slot,
        count: places.filter((place, index) => place.slot === slot && open[index]).length,
      }))
      .filter(({ count }) => count > 0),
  };
}

interface Search {
  readonly places: readonly Demand[];
  /** The place each person holds. */
  readonly holder: Map<string, number>;
  readonly tried: Set<string>;
}

/** Seats somebody at `place`, moving others where they can move. */
function augment(search: Search, place: number): boolean {
  for (const person of search.places[place]?.people ?? []) {
    if (search.tried.has(person)) {
      continue;
    }
    search.tried.add(person);
    const held = search.holder.get(person);
    if (held === undefined || augment(search, held)) {
      search.holder.set(person, place);
      return true;
    }
  }
  return false;
}
