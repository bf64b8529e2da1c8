import type { InitiatorFacts } from '../../policy/facts.ts';
import { kindsOf, peopleOf } from './initiator.ts';
import type { ChainLink } from './people.ts';

/** Each further claim or newcomer doubles the ways to read a chain. Beyond this nobody reads it. */
const mostParts = 8;
const mostViews = 256;

/**
 * Every way to read who stands behind a run, all links together first; null where there are more than rules
 * can be asked about. Whoever started it stands in each. What was only claimed, and whoever came later, may as
 * well be left out: one view each without and with them, in any combination. So a chain with one more link has
 * all the views it had before, and a rule that matches in any of them cannot be escaped by saying more.
 */
export function viewsOf(chain: readonly ChainLink[]): readonly InitiatorFacts[] | null {
  const views = known.get(chain) ?? { all: readChain(chain) };
  known.set(chain, views);
  return views.all;
}

/** Asked for every step; a chain, once read, does not change. */
const known = new WeakMap<
  readonly ChainLink[],
  { readonly all: readonly InitiatorFacts[] | null }
>();

function readChain(chain: readonly ChainLink[]): readonly InitiatorFacts[] | null {
  const { base, parts } = partsOf(chain);
  if (parts.length > mostParts) {
    return null;
  }
  const views = new Map<string, InitiatorFacts>();
  for (let chosen = 2 ** parts.length - 1; chosen >= 0; chosen -= 1) {
    const kept = parts.filter((_, at) => Math.floor(chosen / 2 ** at) % 2 === 1);
    for (const view of readings([base, ...kept].flat(), chain)) {
      views.set(JSON.stringify(view), view);
    }
  }
  return views.size > mostViews ? null : [...views.values()];
}

interface Parts {
  /** Whoever started the run, by what they hold and not by what they say. */
  readonly base: readonly ChainLink[];
  readonly parts: readonly (readonly ChainLink[])[];
}

function partsOf(chain: readonly ChainLink[]): Parts {
  const base: ChainLink[] = [];
  const parts: ChainLink[][] = [];
  let entering = base;
  for (const [at, link] of chain.entries()) {
    const claim = link.claimed === true ? parts.at(-1) : undefined;
    const isOwner = link.role === 'agent_owner' && chain[at - 1]?.role === 'agent';
    if (claim !== undefined && isOwner) {
      claim.push(link);
    } else if (link.claimed === true) {
      parts.push([link]);
    } else if (
      at > 0 &&
      (link.role === 'resumer' || link.role === 'caller' || link.role === 'doer')
    ) {
      entering = [link];
      parts.push(entering);
    } else {
      entering.push(link);
    }
  }
  return { base, parts: distinct(base, parts) };
}

/** Without what says nothing new: the same person who came back from another account. */
function distinct(
  base: readonly ChainLink[],
  parts: readonly (readonly ChainLink[])[],
): Parts['parts'] {
  const known = new Set(base.flatMap(meanings));
  const kept = new Map<string, readonly ChainLink[]>();
  for (const part of parts) {
    const fresh = part.flatMap(meanings).filter((each) => !known.has(each));
    const key = [...new Set(fresh)].toSorted().join('\n');
    if (key !== '' && !kept.has(key)) {
      kept.set(key, part);
    }
  }
  return [...kept.values()];
}

/** All that a link adds to a view. */
function meanings(link: ChainLink): readonly string[] {
  return [
    ...(link.person === null ? [] : [`is ${link.person}`]),
    ...(link.role === 'agent' || link.role === 'ci' ? [`${link.role} ${link.identity}`] : []),
    ...kindsOf([link]).filter((kind) => kind !== 'unknown'),
  ];
}

/**
 * The links as rules see them: one kind, one agent and one job at a time. Who set a job off is said by the
 * job, so that it goes with it; their person is a link like others.
 */
function readings(
  links: readonly ChainLink[],
  chain: readonly ChainLink[],
): readonly InitiatorFacts[] {
  const people = peopleOf(links);
  const jobs = idsOf(links, 'ci');
  const actors = jobs[0] === null ? [null] : idsOf(chain, 'ci_actor');
  return kindsOf(links).flatMap((kind) =>
    idsOf(links, 'agent').flatMap((agent) =>
      jobs.flatMap((ci) =>
        actors.map((ci_actor) => ({
          kind,
          caller: chain[0]?.identity ?? '',
          people,
          agent,
          ci,
          ci_actor,
        })),
      ),
    ),
  );
}

function idsOf(
  links: readonly ChainLink[],
  role: ChainLink['role'],
): readonly [string | null, ...string[]] {
  const [first = null, ...rest] = links
    .filter((link) => link.role === role)
    .map(({ identity }) => identity.slice(identity.indexOf(':') + 1));
  return [first, ...rest];
}
