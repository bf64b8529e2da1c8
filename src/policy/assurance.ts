import { type Assurance, assurances } from './policy.ts';

/** True where evidence of level `given` may fill a slot that asks for `needed`: higher fills lower. */
export function reaches(given: Assurance, needed: Assurance): boolean {
  return assurances.indexOf(given) >= assurances.indexOf(needed);
}

/** The stricter of two levels. */
export function stricter(one: Assurance, other: Assurance): Assurance {
  return reaches(one, other) ? one : other;
}

/** The other of the two. */
export function weaker(one: Assurance, other: Assurance): Assurance {
  return reaches(one, other) ? other : one;
}
