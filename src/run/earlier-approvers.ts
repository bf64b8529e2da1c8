import { evidenceIdentities } from '../approval/court/evidence-identity.ts';
import { personNamed, personOf } from '../approval/people/identity.ts';
import type { People } from '../approval/people/people.ts';
import type { Decided, StepStarted } from './events.ts';
import type { RunState } from './state.ts';

/** Somebody who approved another step: the name they had then, and what they approved with. */
export interface Approver {
  readonly person: string;
  readonly identities: readonly string[];
}

/** Who approved another step of this run, there or in a run that lent it an approval. */
export function approversOfOthers(
  { requests, steps, underGrant }: RunState,
  step: { readonly id: string },
): readonly Approver[] {
  const asked = [...requests.values()]
    .filter(({ content }) => content.commands.some((command) => command.step !== step.id))
    .flatMap(({ decisions }) => decisions)
    .flatMap(({ data }) => (data.decision === 'approve' ? approverOf(data) : []));
  const lent: Approver[] = [];
  // Every start asks this of every step: mostly nobody approved anything.
  for (const { id, attempts } of underGrant ? steps.values() : []) {
    for (const { started } of id === step.id ? [] : attempts) {
      lent.push(...lenders(started?.data.permit));
    }
  }
  return [...asked, ...lent];
}

function lenders(permit: StepStarted['permit'] | undefined): readonly Approver[] {
  if (permit?.kind !== 'grant') {
    return nobody;
  }
  const { approved_by = [], approved_with = {} } = permit;
  return approved_by.map((person) => ({ person, identities: approved_with[person] ?? [] }));
}

const nobody: readonly Approver[] = [];

function approverOf(data: Decided): Approver {
  return { person: data.person, identities: evidenceIdentities(data) };
}

/**
 * Who the approvers are by today's people. Both count: who has the name, and whose the key or the account
 * is, so that renaming a person lets nobody approve twice. Of whom neither is anybody's, `gone` has the name.
 */
export function approversNow(
  approvers: readonly Approver[],
  people: People,
): { readonly names: readonly string[]; readonly gone: readonly string[] } {
  const found = approvers.map(({ person, identities }) => ({
    person,
    names: [
      personNamed(people, person),
      ...identities.map((identity) => personOf(people, identity)),
    ].flatMap((each) => each?.name ?? []),
  }));
  return {
    names: [...new Set(found.flatMap(({ names }) => names))],
    gone: [...new Set(found.flatMap(({ person, names }) => (names.length === 0 ? person : [])))],
  };
}
