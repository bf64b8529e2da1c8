import type { Policy } from '../policy.ts';

/** Something in a policy that is most likely not what its author meant. It is in force all the same. */
export interface RuleFinding {
  readonly kind: RuleFindingKind;
  /** Name of the rule, grant or break-glass rule; null where it is about the file. */
  readonly rule: string | null;
  /** Where in the file, by keys and indexes. */
  readonly path: readonly (string | number)[];
  /** Where in the text that stands there; 0 for the whole of it. */
  readonly offset: number;
  readonly message: string;
  readonly hint: string | null;
}

export type RuleFindingKind =
  | 'name_unknown'
  | 'rule_dead'
  | 'rule_fails'
  | 'calendar_over'
  | 'rule_shadowed'
  | 'people_unknown'
  | 'slot_unfillable'
  | 'slot_unfillable_for'
  | 'slots_compete'
  | 'vary_unknown'
  | 'remote_unmet';

/** Everything in a policy that holds only at times: rules, and the two ways of relief. */
export interface Seasonal {
  readonly section: 'rules' | 'grants' | 'break_glass';
  readonly index: number;
  readonly name: string;
  readonly when: string | null;
  readonly during: readonly string[];
  readonly outside: readonly string[];
}

export function seasonsOf({ rules, grants, breakGlass }: Policy): readonly Seasonal[] {
  const ordinary = rules.map((rule, index) => ({ ...rule, section: 'rules' as const, index }));
  const lent = grants.map((grant, index) => ({ ...grant, section: 'grants' as const, index }));
  const broken = breakGlass.map((rule, index) => ({
    ...rule,
    during: [],
    outside: [],
    section: 'break_glass' as const,
    index,
  }));
  return [...ordinary, ...lent, ...broken];
}
