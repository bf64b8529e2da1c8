import { agentOfAccount, personOf } from './identity.ts';
import type { ChainLink, Initiator, People } from './people.ts';

/** Why somebody may not start or take on a privileged step, and what would let them. */
export interface InitiatorRefusal {
  readonly message: string;
  readonly hint: string;
}

/**
 * Why the links that one start or resumption brings may not stand behind a privileged step; null where they
 * may. Somebody must answer for it, and nobody in it may be a stranger: an account that maps to nobody could
 * be the second one of the very person who approves, whatever agent or job its variables name.
 */
export function refusalFor(people: People, links: readonly ChainLink[]): InitiatorRefusal | null {
  const stranger =
    links.findLast((_, index) => isStrangeAccount(people, links, index)) ??
    links.find((link) => mustBeKnown.has(link.role) && isNobody(people, link));
  if (stranger !== undefined) {
    return refusal(stranger, links);
  }
  if (links.some((link) => !isNobody(people, link))) {
    return null;
  }
  const last = links.at(-1);
  return refusal(last ?? { role: 'caller', identity: 'os:USER@HOST', person: null }, links);
}

/** Humans by their role, whoever else stands beside them. Accounts are looked at by themselves. */
const mustBeKnown: ReadonlySet<ChainLink['role']> = new Set(['ci_actor', 'on_behalf_of']);

function isNobody(people: People, { identity, person }: ChainLink): boolean {
  return person === null && personOf(people, identity) === null;
}

function isStrangeAccount(people: People, links: readonly ChainLink[], index: number): boolean {
  const link = links[index];
  return (
    link !== undefined &&
    link.identity.startsWith('os:') &&
    isNobody(people, link) &&
    agentOfAccount(people, link.identity) === null &&
    !isSigned(links.slice(index + 1)) &&
    !isRootFor(people, link, links)
  );
}

/** Somebody signed what this account did, before another came to the run. */
function isSigned(later: readonly ChainLink[]): boolean {
  const next = later.findIndex(
    ({ role }) => role === 'caller' || role === 'resumer' || role === 'doer',
  );
  const own = next === -1 ? later : later.slice(0, next);
  return own.some(({ role, person }) => role === 'signer' && person !== null);
}

/**
 * `sudo` says who became root. Any other account could have set its variable by hand; root could as well,
 * but root can also become that person.
 */
function isRootFor(people: People, link: ChainLink, links: readonly ChainLink[]): boolean {
  const host = link.identity.slice(link.identity.lastIndexOf('@'));
  return (
    link.identity === `os:root${host}` &&
    links.some(
      (other) =>
        other.identity.startsWith('os:') &&
        other.identity.endsWith(host) &&
        (!isNobody(people, other) ||
          (other !== link && agentOfAccount(people, other.identity) !== null)),
    )
  );
}

function refusal(link: ChainLink, links: readonly ChainLink[]): InitiatorRefusal {
  const { role, identity } = link;
  if (role === 'agent' || role === 'ci') {
    const id = identity.startsWith('ci:') ? identity : valueOf(identity);
    return {
      message: `\`${identity}\` has no owner in \`people.yaml\`, so nobody answers for its privileged steps`,
      hint: `runbook people add NAME --agent ${id}`,
    };
  }
  return {
    message: `\`${identity}\` maps to no person in \`people.yaml\`, so nobody answers for its privileged steps`,
    hint: identity.startsWith('os:') ? accountHint(valueOf(identity), links) : otherHint(identity),
  };
}

/** The ways to let an account start: it is a person's, it is the agent's it claims to be, or several share it. */
function accountHint(account: string, links: readonly ChainLink[]): string {
  const claimed = links.find(({ role }) => role === 'agent' || role === 'ci');
  const owner = links.find(({ role }) => role === 'agent_owner')?.person ?? claimed?.person;
  const id = claimed?.role === 'agent' ? valueOf(claimed.identity) : claimed?.identity;
  const agents =
    claimed === undefined
      ? ''
      : `; if it is that agent's own, \`runbook people add ${owner ?? 'OWNER'} --agent-user ${id ?? 'ID'}=${account}\``;
  return `if this account is one person's, \`runbook people add NAME --os-user ${account}\`${agents}; if several share it, whoever starts signs: \`--as NAME --key FILE\``;
}

function otherHint(identity: string): string {
  return identity.startsWith('ci:')
    ? `runbook people add NAME --agent ${identity}`
    : 'name somebody whom `people.yaml` knows: `runbook people list`';
}

function valueOf(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1);
}

/**
 * Why this initiator may neither break the glass nor lift a rule, in words; null where they may. Only a
 * person can answer for it afterwards: no agent, no CI job, and nobody who has one working for them here.
 */
export function whyNoPerson({ chain }: Initiator): string | null {
  const machine = chain.find(({ role }) => role === 'agent' || role === 'ci');
  return machine === undefined ? null : `\`${machine.identity}\` is not a person`;
}
