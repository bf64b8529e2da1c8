import type { Initiator } from './people/people.ts';

/**
 * Why this initiator may neither break the glass nor lift a rule, in words; null where they may. Only a
 * person can answer for it afterwards: no agent, no CI job, and nobody who has one working for them here.
 */
export function whyNoPerson({ chain }: Initiator): string | null {
  const machine = chain.find(({ role }) => role === 'agent' || role === 'ci');
  return machine === undefined ? null : `\`${machine.identity}\` is not a person`;
}
