import type { ChainLink } from '../people/people.ts';

const roles: Readonly<Record<ChainLink['role'], string>> = {
  caller: 'called by',
  sudo: 'through sudo by',
  signer: 'signed by',
  on_behalf_of: 'on behalf of',
  agent: 'agent',
  agent_owner: "agent's owner",
  ci_actor: 'set off by',
  ci: 'CI',
  resumer: 'resumed by',
  doer: 'values from',
  decider: 'decided by',
};

/**
 * Everyone behind a run, as label and words; not sanitised yet. A job that nobody was named for says so:
 * whoever set it off may be the very person who reviews it.
 */
export function describeChain(chain: readonly ChainLink[]): [string, string][] {
  const isUnsaid =
    chain.some(({ role }) => role === 'ci') && chain.every(({ role }) => role !== 'ci_actor');
  const unsaid: [string, string] = [roles.ci_actor, 'nobody said'];
  return [...chain.map(linkField), ...(isUnsaid ? [unsaid] : [])];
}

function linkField({ role, identity, person }: ChainLink): [string, string] {
  return [roles[role], person === null ? identity : `${identity}, who is ${person}`];
}
