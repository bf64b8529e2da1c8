import type { Slot } from './policy.ts';

/**
 * Beyond this many ways to fill them, slots cannot be filled at all: each way is matched on its own, and
 * a request is counted often.
 */
export const mostCombinations = 64;

/**
 * The sets of slots that would do: all without alternatives, and of each rule that has alternatives the
 * slots of one. Several mean that any one of them suffices. None where there are more than
 * `mostCombinations`, so that a request like that is never granted.
 */
export function combinationsOf(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const always = slots.filter(({ any }) => any === undefined);
  let sets: readonly (readonly Slot[])[] = [always];
  for (const options of alternativesIn(slots)) {
    if (sets.length * options.length > mostCombinations) {
      return [];
    }
    sets = sets.flatMap((set) => options.map((option) => [...set, ...option]));
  }
  return sets;
}

/** For each rule with alternatives, the slots of each. */
function alternativesIn(slots: readonly Slot[]): readonly (readonly (readonly Slot[])[])[] {
  const rules = new Map<string, Map<number, Slot[]>>();
  for (const slot of slots) {
    if (slot.any !== undefined) {
      const options = rules.get(slot.any.rule) ?? new Map<number, Slot[]>();
      rules.set(slot.any.rule, options);
      options.set(slot.any.option, [...(options.get(slot.any.option) ?? []), slot]);
    }
  }
  return [...rules.values()].map((options) => [...options.values()]);
}
