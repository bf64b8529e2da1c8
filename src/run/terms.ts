import type { RequestContent } from '../approval/request.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Verdict } from '../policy/policy.ts';

/**
 * What an approval would stand for now beyond what its request said, in lines fit for a person; empty
 * where nothing. Nobody may come to have broken the glass, or to have lifted a rule, by signing a card
 * that did not say so.
 */
export function changedTerms(
  { break_glass, overrides = [] }: Pick<RequestContent, 'break_glass' | 'overrides'>,
  verdict: Verdict,
): readonly string[] {
  if (verdict.kind !== 'ask') {
    return [];
  }
  const isSame = canonicalize(break_glass) === canonicalize(verdict.breakGlass);
  const lifted = verdict.overrides.filter((name) => overrides.every(({ rule }) => rule !== name));
  return [
    ...(isSame ? [] : ['policy: the terms of breaking the glass']),
    ...lifted.map((name) => `policy: rule \`${name}\` denies it now, and this would lift it`),
  ];
}
