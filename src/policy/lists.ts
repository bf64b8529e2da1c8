import type { Evaluation, ListAnswer } from './policy.ts';

/** The answers that a verdict rested on, to ask again. A list that was not asked then names nobody. */
export function recordedLists({ lists }: Pick<Evaluation, 'lists'>): (name: string) => ListAnswer {
  return (name) => lists?.[name] ?? { people: [], unknown: [], error: 'it was not asked' };
}
