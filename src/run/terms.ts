import type { RequestContent } from '../approval/request.ts';
import { canonicalize } from '../base/jcs.ts';
import type { Verdict } from '../policy/policy.ts';

type Terms = Pick<RequestContent, 'break_glass' | 'overrides'>;

/**
 * What an approval would stand for now beyond what its request said, in lines fit for a person; empty
 * where nothing. Nobody may come to have broken the glass, or to have lifted a rule, by signing a card
 * that did not say so.
 */
export function changedTerms(terms: Terms, verdict: Verdict): readonly string[] {
  return [
    ...(breaksOtherwise(terms, verdict) ? ['policy: the terms of breaking the glass'] : []),
    ...liftedUnseen(terms, verdict).map(
      (name) => `policy: rule \`${name}\` denies it now, and this would lift it`,
    ),
  ];
}

/** The verdict lets the glass be broken by other terms than the request's, or where that said nothing of it. */
export function breaksOtherwise({ break_glass }: Terms, verdict: Verdict): boolean {
  return verdict.kind === 'ask' && canonicalize(break_glass) !== canonicalize(verdict.breakGlass);
}

/** Rules that the verdict lifts and the request does not name. */
export function liftedUnseen({ overrides = [] }: Terms, verdict: Verdict): readonly string[] {
  const lifted = verdict.kind === 'ask' ? verdict.overrides : [];
  return lifted.filter((name) => overrides.every(({ rule }) => rule !== name));
}
