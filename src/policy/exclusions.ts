import type { DenyReason, Exclusion, Rule, Slot } from './policy.ts';

/** Who wrote the step and who approved before, as far as anybody can say. */
export interface Antecedents {
  /** Addresses of whoever wrote the step; null where nobody can say. */
  readonly authors: readonly string[] | null;
  /** The name of the person whose address it is; null where it is nobody's. */
  readonly authorOf: (address: string) => string | null;
  /** People who approved another step of this run, by the names they have now. */
  readonly approvedBefore: readonly string[];
  /** Those of them who are nobody any more, neither by name nor by what they approved with. */
  readonly approversGone: readonly string[];
}

/** Who may not decide beside those behind the run, or why that cannot be told. */
export interface Exclusions {
  readonly excluded: NonNullable<Slot['excluded']>;
  readonly refusals: readonly DenyReason[];
}

/**
 * What the matching rules exclude, from every slot of the step. An author whom nobody knows could be the
 * very person who approves, and so could an approver who is nobody any more: then the step is denied.
 */
export function excludeFrom(matched: readonly Rule[], before: Antecedents): Exclusions {
  const asks = (exclusion: Exclusion) =>
    matched.filter(({ require }) => require?.exclude.includes(exclusion) === true);
  const byAuthor = asks('step_author');
  const authors = byAuthor.length === 0 ? [] : (before.authors ?? []);
  const strangers = authors.filter((address) => before.authorOf(address) === null);
  const byApprover = asks('earlier_approver');
  const approvers = byApprover.length === 0 ? [] : before.approvedBefore;
  const people = new Map<string, Exclusion>([
    ...approvers.map((person) => [person, 'earlier_approver'] as const),
    ...authors.flatMap((address) => {
      const person = before.authorOf(address);
      return person === null ? [] : [[person, 'step_author'] as const];
    }),
  ]);
  return {
    excluded: [...people].map(([person, why]) => ({ person, why })),
    refusals: [
      ...byAuthor.flatMap(({ name }) => [
        ...(before.authors === null ? [unknownAuthor(name)] : []),
        ...strangers.map((address) => strangeAuthor(name, address)),
      ]),
      ...byApprover.flatMap(({ name }) => before.approversGone.map((who) => goneBy(name, who))),
    ],
  };
}

function unknownAuthor(rule: string): DenyReason {
  return {
    rule,
    reason: 'it excludes whoever wrote the step, and git cannot say who did',
    hint: 'commit the runbook in a git repository and start it from there',
  };
}

function strangeAuthor(rule: string, address: string): DenyReason {
  return {
    rule,
    reason: `it excludes whoever wrote the step, and \`${address}\` is nobody in \`people.yaml\``,
    hint: 'add the address to its owner in `people.yaml`; whoever left stays there, without keys',
  };
}

function goneBy(rule: string, person: string): DenyReason {
  return {
    rule,
    reason: `it excludes whoever approved another step, and \`${person}\`, who did, is nobody in \`people.yaml\` any more`,
    hint: 'put them back into `people.yaml` under the name they had; whoever left stays there, without keys',
  };
}
