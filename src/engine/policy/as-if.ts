import { personNamed } from '../../approval/people/identity.ts';
import {
  addLink,
  type Caller,
  resolveInitiator,
  resumerLinks,
} from '../../approval/people/initiator.ts';
import type { Initiator, People } from '../../approval/people/people.ts';

/** Somebody who might start a run. Nothing is signed, and nobody is asked. */
export interface AsIf {
  /** A name in `people.yaml`. With an agent or a job: whose account claims to be one. */
  readonly person: string | null;
  /** Without a person it comes with a token of its own. */
  readonly agent: string | null;
  /** `github/acme/infra`, and who set it off, `github/ana`. */
  readonly ci: string | null;
  readonly actor: string | null;
}

/** The caller that such a start would have. */
export function callerAsIf(people: People, { person, agent, ci, actor }: AsIf): Caller {
  const claims = {
    agent: agent ?? undefined,
    ci: ci === null ? undefined : { identity: ci, actor: actor ?? undefined },
  };
  if (person === null) {
    const id = agent ?? ci ?? 'nobody';
    return { ...claims, token: asIf, holder: { kind: agent === null ? 'ci' : 'agent', id } };
  }
  const [osUser] = personNamed(people, person)?.osUsers ?? [];
  return osUser === undefined
    ? { ...claims, token: asIf, holder: { kind: 'person', id: person } }
    : { ...claims, osUser };
}

/** The chain behind such a run, with everyone who took it on since. */
export function initiatorAsIf(
  people: People,
  who: AsIf,
  resumedBy: readonly string[] = [],
): Initiator {
  return resumedBy
    .flatMap((person) => {
      const caller = callerAsIf(people, { person, agent: null, ci: null, actor: null });
      return resumerLinks(people, caller);
    })
    .reduce(addLink, resolveInitiator(people, callerAsIf(people, who)));
}

/** Stands where a token's id would. */
const asIf = 'as-if';
