import type { Policy } from './policy.ts';

/** A denying rule that is lifted for one run. */
export interface Override {
  readonly rule: string;
  /** What the rule says where it denies. */
  readonly reason: string;
}

/** The rules that a verdict lifts, in their own words. */
export function describeOverrides(
  { rules }: Pick<Policy, 'rules'>,
  names: readonly string[],
): readonly Override[] {
  return names.map((rule) => ({
    rule,
    reason: rules.find(({ name }) => name === rule)?.deny ?? '',
  }));
}
