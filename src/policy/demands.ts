import { quoteWord } from '../base/quote-word.ts';
import { type Demand, floorDemand } from './build-slots.ts';
import { mostCombinations } from './combinations.ts';
import type { DenyReason, Evaluation, Requirement, Rule } from './policy.ts';

/** What the matching rules require. */
export function requirementsOf(matched: readonly Rule[]): readonly Requirement[] {
  return matched.flatMap(({ require }) => require ?? []);
}

/** What the rules ask for; where none asks for anybody, one other person for whatever is privileged. */
export function demandsOf(matched: readonly Rule[], isPrivileged: boolean): readonly Demand[] {
  const demands = matched.flatMap(({ name, require }) => [
    ...(require?.approvals ?? []).map((slot) => ({ ...slot, id: `${name}/${slot.id}` })),
    ...(require?.any ?? []).flatMap((slots, option) =>
      slots.map((slot) => ({ ...slot, id: `${name}/${slot.id}`, any: { rule: name, option } })),
    ),
  ]);
  const isGated = isPrivileged || requirementsOf(matched).length > 0;
  return demands.length === 0 && isGated ? [floorDemand] : demands;
}

/** Those who lift a `deny`, beside everybody else. */
export function overrideDemands({ name, override }: Rule): readonly Demand[] {
  return (override ?? []).map((slot) => ({ ...slot, id: `${name}/${slot.id}` }));
}

/** The noes among the rules that matched, and of all that failed. */
export function denials(
  matched: readonly Rule[],
  failed: Evaluation['failed'],
): readonly DenyReason[] {
  return [
    ...matched.flatMap(({ name, deny, override }) =>
      deny === null ? [] : { rule: name, reason: deny, ...(override === null ? {} : lift(name)) },
    ),
    ...failed.map(({ rule, message }) => ({ rule, reason: `its \`when\` fails: ${message}` })),
  ];
}

function lift(rule: string): { readonly hint: string } {
  return { hint: `ask for an exception: \`--override ${quoteWord(rule)} --reason TEXT\`` };
}

/** Each way to fill a request is matched on its own: where there are too many, nobody is asked. */
export function tooManyWays(matched: readonly Rule[]): readonly DenyReason[] {
  const choosing = matched.filter(({ require }) => (require?.any.length ?? 0) > 0);
  const ways = choosing.reduce((all, { require }) => all * (require?.any.length ?? 1), 1);
  const reason = `the alternatives of the matching rules combine in ${ways} ways, more than ${mostCombinations}`;
  return ways <= mostCombinations ? [] : choosing.map(({ name }) => ({ rule: name, reason }));
}
