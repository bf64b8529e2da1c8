import type { ChainLink, Initiator } from './people.ts';

/**
 * True where all that ties somebody to a run is that they own the agent which started it with a token of
 * its own: the one tie with which `control: supervised` lets a person decide. A token is what makes this
 * safe. What runs under an account of a host, or says in a variable that it is an agent, may be its owner
 * themself, who would then approve their own run.
 */
export function isSupervisor(ties: readonly ChainLink[], { chain }: Initiator): boolean {
  const [caller, agent, owner] = chain;
  return (
    caller?.role === 'caller' &&
    caller.identity.startsWith('token:') &&
    caller.person === null &&
    agent?.role === 'agent' &&
    owner?.role === 'agent_owner' &&
    chain.every(({ identity }) => !identity.startsWith('os:')) &&
    ties.includes(owner) &&
    ties.every((link) => link === agent || link === owner)
  );
}
