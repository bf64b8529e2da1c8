import type { RunState } from './state.ts';

/** Who decided anything in this run, or settled a step under their signature: they cannot resume it. */
export function decidersOf(state: RunState): readonly string[] {
  const decided = [...state.requests.values()].flatMap(({ decisions }) =>
    decisions.map(({ data }) => data.person),
  );
  const settled = [...state.steps.values()].flatMap(({ attempts }) =>
    attempts.map(({ resolved }) =>
      resolved?.link?.role === 'decider' ? resolved.link.person : null,
    ),
  );
  return [...new Set([...decided, ...settled])].filter((person) => person !== null);
}
