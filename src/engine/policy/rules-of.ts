import type { Rules } from '../../run/judge.ts';
import type { Trusted } from '../engine.ts';

/** The trusted files as a verdict takes them, before any entry names them. */
export function rulesOf({ people, policy }: Trusted): Rules {
  return {
    people: people.value,
    policy: policy.value,
    config: 0,
    policyDigest: policy.digest,
    peopleDigest: people.digest,
  };
}
