import type { TokenHolder } from '../token.ts';
import { agentIdentity, agentOfAccount, personNamed, personOf } from './identity.ts';
import type { ChainLink, Initiator, People } from './people.ts';

/** Who calls: an account of this host, or the bearer of a token at the API. */
export type Caller = AccountCaller | TokenCaller;

/** What a caller says of itself beyond that. Claims only ever add people to the chain. */
export interface Claims {
  /** `RUNBOOK_AGENT`. */
  readonly agent?: string | undefined;
  /** The CI job (`github/acme/infra`) and who set it off (`github/ana`). */
  readonly ci?: { readonly identity: string; readonly actor?: string | undefined } | undefined;
  /** `RUNBOOK_ON_BEHALF_OF`: a person's name, or another identity of theirs (`slack:T01/U01`). */
  readonly onBehalfOf?: string | undefined;
  /** Whoever signed this start or resumption, once the signature was judged (`judge-start.ts`). */
  readonly signer?: ChainLink;
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
  return { kind: kindOf(chain), chain };
}

/** The links that somebody adds by taking a run on, all of them: whoever calls does it as `resumer`. */
export function resumerLinks(people: People, caller: Caller): readonly ChainLink[] {
  const [first, ...rest] = resolveInitiator(people, caller).chain;
  return first === undefined ? [] : [{ ...first, role: 'resumer' }, ...rest];
}

/**
 * The chain with one more link; whoever already stands in it is not repeated. With an agent in it a run
 * is an agent's and with a job a job's, whoever started it.
 */
export function addLink(initiator: Initiator, link: ChainLink): Initiator {
  const known = initiator.chain.some(
    (other) => other.identity === link.identity && other.person === link.person,
  );
  if (known) {
    return initiator;
  }
  const chain = [...initiator.chain, link];
  return { kind: kindOf(chain), chain };
}

/** The people of the chain, in its order, each once. */
export function chainPeople(initiator: Initiator): readonly string[] {
  return peopleOf(initiator.chain);
}

/** As `chainPeople`, of some links. */
export function peopleOf(links: readonly ChainLink[]): readonly string[] {
  return [...new Set(links.flatMap(({ person }) => person ?? []))];
}

function accountLinks(people: People, caller: AccountCaller): ChainLink[] {
  const account = accountIdentity(caller.osUser);
  const links = [linkOf(people, 'caller', account), ...ownLinks(people, account)];
  if (caller.sudoUser === undefined) {
    return links;
  }
  const host = caller.osUser.slice(caller.osUser.lastIndexOf('@'));
  const user = caller.sudoUser.endsWith(host) ? caller.sudoUser : `${caller.sudoUser}${host}`;
  const before = accountIdentity(user);
  const sudo = [linkOf(people, 'sudo', before), ...ownLinks(people, before)];
  // Root could set its variable, too, but root can also become that person.
  return [...links, ...(account === `os:root${host}` ? sudo : sudo.map(claimed))];
}

/** An account of an agent or a job says by itself who works, without any variable. */
function ownLinks(people: People, account: string): readonly ChainLink[] {
  const id = agentOfAccount(people, account);
  if (id === null) {
    return [];
  }
  return id.startsWith('ci:') ? [linkOf(people, 'ci', agentIdentity(id))] : agentLinks(people, id);
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
  if (caller.onBehalfOf !== undefined) {
    const identity = caller.onBehalfOf.includes(':')
      ? caller.onBehalfOf
      : `person:${caller.onBehalfOf}`;
    links.push(linkOf(people, 'on_behalf_of', identity));
  }
  const said = links.map(claimed);
  return caller.signer === undefined ? said : [...said, caller.signer];
}

function claimed(link: ChainLink): ChainLink {
  return { ...link, claimed: true };
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

function kindOf(chain: readonly ChainLink[]): Initiator['kind'] {
  return kindsOf(chain)[0];
}

/** Everything that these links are, an agent before a job before a person. */
export function kindsOf(links: readonly ChainLink[]): readonly [Kind, ...Kind[]] {
  const has = (role: ChainLink['role']): boolean => links.some((link) => link.role === role);
  const [first = 'unknown', ...rest] = [
    ...(has('agent') ? (['agent'] as const) : []),
    ...(has('ci') ? (['ci'] as const) : []),
    ...(links.some(isPerson) ? (['person'] as const) : []),
  ];
  return [first, ...rest];
}

type Kind = Initiator['kind'];

/** Themself, and not as whoever answers for an agent or a job. */
function isPerson({ role, person }: ChainLink): boolean {
  return person !== null && !answering.has(role);
}

const answering: ReadonlySet<ChainLink['role']> = new Set([
  'agent',
  'agent_owner',
  'ci',
  'ci_actor',
]);
