import { personNamed, personOf } from './identity.ts';
import type { ChainLink, Initiator, People } from './people.ts';
import type { TokenHolder } from './token.ts';

/** Who calls: an account of this host, or the bearer of a token at the API. */
export type Caller = AccountCaller | TokenCaller;

/** What a caller says of itself beyond that. Claims only ever add people to the chain. */
export interface Claims {
  /** `RUNBOOK_AGENT`. */
  readonly agent?: string | undefined;
  /** The CI job (`github/acme/infra`) and who set it off (`github/ana`). */
  readonly ci?: { readonly identity: string; readonly actor?: string | undefined } | undefined;
}

export interface AccountCaller extends Claims {
  /** `USER@HOST`, from the effective user id, never from a variable. */
  readonly osUser: string;
  /** `SUDO_USER`, with or without `@HOST`. */
  readonly sudoUser?: string | undefined;
}

export interface TokenCaller extends Claims {
  /** The token's public id. */
  readonly token: string;
  readonly holder: TokenHolder;
}

/** Everyone behind a call, each with the person they map to today. */
export function resolveInitiator(people: People, caller: Caller): Initiator {
  const first = 'holder' in caller ? tokenLinks(people, caller) : accountLinks(people, caller);
  // An agent's own token, and the agent says so once more: nobody stands in a chain twice.
  const claimed = claimedLinks(people, caller).filter(
    ({ role, identity }) => !first.some((link) => link.role === role && link.identity === identity),
  );
  const chain = [...first, ...claimed];
  return { kind: kindOf(caller, chain), chain };
}

/**
 * The links that somebody adds by taking a run on, all of them: people under the role `resumer`, and an
 * account that is all there is, which `refusalFor` then refuses. What maps to nobody keeps its own role.
 */
export function resumerLinks(people: People, caller: Caller): readonly ChainLink[] {
  const { chain } = resolveInitiator(people, caller);
  const stranger = chain.every((link) => link.person === null);
  return chain.map((link, index) =>
    link.person !== null || (stranger && index === 0) ? { ...link, role: 'resumer' } : link,
  );
}

/**
 * The chain with one more link; whoever already stands in it is not repeated. With an agent in it a run
 * is an agent's, or a rule about agents could be passed by letting a person start.
 */
export function addLink(initiator: Initiator, link: ChainLink): Initiator {
  const known = initiator.chain.some(
    (other) => other.identity === link.identity && other.person === link.person,
  );
  const kind = link.role === 'agent' ? 'agent' : initiator.kind;
  return known ? initiator : { kind, chain: [...initiator.chain, link] };
}

/** The people of the chain, in its order, each once. */
export function chainPeople(initiator: Initiator): readonly string[] {
  const names = initiator.chain.map((link) => link.person).filter((name) => name !== null);
  return [...new Set(names)];
}

/**
 * Why this initiator may not start a privileged step; null where they may. Somebody must answer for a
 * run: without a person in the chain nobody could be kept from approving their own step.
 */
export function refusalFor(
  initiator: Initiator,
): { readonly message: string; readonly hint: string } | null {
  const stranger = initiator.chain.find(
    (link) => link.person === null && mustBeKnown.has(link.role),
  );
  if (stranger !== undefined) {
    return refusal(stranger);
  }
  if (chainPeople(initiator).length > 0) {
    return null;
  }
  const [last] = initiator.chain.slice(-1);
  return refusal(last ?? { role: 'caller', identity: 'os:USER@HOST', person: null });
}

/**
 * Humans by their role, whoever else stands beside them: who set off a job, whose sudo it was, who took
 * the run on. One that maps to nobody could be the very person who approves.
 */
const mustBeKnown: ReadonlySet<ChainLink['role']> = new Set(['sudo', 'ci_actor', 'resumer']);

function refusal(link: ChainLink): { readonly message: string; readonly hint: string } {
  const owned = link.role === 'agent' || link.role === 'ci';
  return {
    message: owned
      ? `\`${link.identity}\` has no owner in \`people.yaml\`, so nobody answers for its privileged steps`
      : `\`${link.identity}\` maps to no person in \`people.yaml\`, so nobody answers for its privileged steps`,
    hint: `runbook people add NAME ${flagFor(link.identity)}`,
  };
}

function flagFor(identity: string): string {
  if (identity.startsWith('ci:')) {
    return `--agent ${identity}`;
  }
  const colon = identity.indexOf(':');
  const value = identity.slice(colon + 1);
  return identity.startsWith('agent:') ? `--agent ${value}` : `--os-user ${value}`;
}

function accountLinks(people: People, caller: AccountCaller): ChainLink[] {
  const account = linkOf(people, 'caller', accountIdentity(caller.osUser));
  if (caller.sudoUser === undefined) {
    return [account];
  }
  const host = caller.osUser.slice(caller.osUser.lastIndexOf('@'));
  const user = caller.sudoUser.endsWith(host) ? caller.sudoUser : `${caller.sudoUser}${host}`;
  return [account, linkOf(people, 'sudo', accountIdentity(user))];
}

/** A token speaks for whoever it was issued to, and for whoever answers for them. */
function tokenLinks(people: People, { token, holder }: TokenCaller): ChainLink[] {
  const identity = `token:${token}`;
  switch (holder.kind) {
    case 'person': {
      const person = personNamed(people, holder.id)?.name ?? null;
      return [{ role: 'caller', identity, person }];
    }
    case 'agent':
      return [{ role: 'caller', identity, person: null }, ...agentLinks(people, holder.id)];
    case 'ci':
      return [{ role: 'caller', identity, person: null }, linkOf(people, 'ci', `ci:${holder.id}`)];
  }
}

function claimedLinks(people: People, caller: Claims): ChainLink[] {
  const links: ChainLink[] = [];
  if (caller.agent !== undefined) {
    links.push(...agentLinks(people, caller.agent));
  }
  if (caller.ci !== undefined) {
    links.push(linkOf(people, 'ci', `ci:${caller.ci.identity}`));
  }
  if (caller.ci?.actor !== undefined) {
    links.push(linkOf(people, 'ci_actor', `ci:${caller.ci.actor}`));
  }
  return links;
}

function agentLinks(people: People, id: string): ChainLink[] {
  const agent: ChainLink = { role: 'agent', identity: `agent:${id}`, person: null };
  const owner = personOf(people, agent.identity);
  return owner === null
    ? [agent]
    : [agent, { role: 'agent_owner', identity: `person:${owner.name}`, person: owner.name }];
}

/** `os:ana@web1`. Host names have no case; `people.yaml` has them in lower case. */
export function accountIdentity(account: string): string {
  const host = account.lastIndexOf('@') + 1;
  return `os:${account.slice(0, host)}${account.slice(host).toLowerCase()}`;
}

function linkOf(people: People, role: ChainLink['role'], identity: string): ChainLink {
  return { role, identity, person: personOf(people, identity)?.name ?? null };
}

function kindOf(caller: Caller, chain: readonly ChainLink[]): Initiator['kind'] {
  const holder = 'holder' in caller ? caller.holder.kind : null;
  if (caller.agent !== undefined || holder === 'agent') {
    return 'agent';
  }
  if (caller.ci !== undefined || holder === 'ci') {
    return 'ci';
  }
  return chain.some((link) => link.person !== null) ? 'person' : 'unknown';
}
