import type { RunState } from './state.ts';

/**
 * Who decided anything in this run, or settled a step under their signature: they cannot resume it. Whoever
 * signs under break-glass acts themself, and may go on.
 */
export function decidersOf(state: RunState): readonly string[] {
  const decided = [...state.requests.values()]
    .filter(({ content }) => content.break_glass === null)
    .flatMap(({ decisions }) => decisions.map(({ data }) => data.person));
  const settled = [...state.steps.values()].flatMap(({ attempts }) =>
    attempts.map(({ resolved }) =>
      resolved?.link?.role === 'decider' ? resolved.link.person : null,
    ),
  );
  return [...new Set([...decided, ...settled])].filter((person) => person !== null);
}
