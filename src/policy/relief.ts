import type { Demand } from './build-slots.ts';
import type { Facts } from './facts.ts';
import type { Season } from './match.ts';
import type {
  Asked,
  BreakGlassRule,
  BreakGlassTerms,
  DenyReason,
  GrantRule,
  Policy,
  ReuseTerms,
} from './policy.ts';
import { hintFor } from './schema/known-names.ts';
import type { When } from './when.ts';

/** A relief that was asked for: its rule, or why it is refused. */
export interface Relief<Rule> {
  readonly rule?: Rule;
  readonly refusals: readonly DenyReason[];
}

/**
 * The rule that a run asks to be relieved by, where it matches. What does not exist, does not match or
 * fails is a no: nobody who asks to be let off is quietly given the ordinary way instead.
 */
export function findRelief<Rule extends Season & { readonly name: string }>(
  section: 'break_glass' | 'grants',
  of: { readonly rules: readonly Rule[]; readonly name: string },
  matches: (season: Season) => When,
): Relief<Rule> {
  const refuse = (reason: string, hint?: string): Relief<Rule> => ({
    refusals: [{ rule: `${section}/${of.name}`, reason, ...(hint === undefined ? {} : { hint }) }],
  });
  const rule = of.rules.find(({ name }) => name === of.name);
  if (rule === undefined) {
    const names = of.rules.map(({ name }) => name);
    return refuse(`policy has no such rule in \`${section}\``, hintFor(of.name, names));
  }
  const outcome = matches(rule);
  switch (outcome.kind) {
    case 'matched':
      return { rule, refusals: [] };
    case 'unmatched':
      return refuse(`rule \`${rule.name}\` does not match this step now`);
    case 'failed':
      return refuse(`its \`when\` fails: ${outcome.message}`);
  }
}

/** One person alone acted, and has not answered for it yet. */
export function neverLent(name: string): DenyReason {
  return {
    rule: `break_glass/${name}`,
    reason: 'what was done under break-glass cannot hold for later runs',
    hint: 'leave out `--grant`',
  };
}

/** Overrides asked for by names that no rule has, or none that may be lifted. */
export function unknownOverrides(policy: Policy, { overrides }: Asked): readonly DenyReason[] {
  if (overrides.length === 0) {
    return [];
  }
  const known = policy.rules.flatMap(({ name, override }) => (override === null ? [] : name));
  return overrides
    .filter((name) => !known.includes(name))
    .map((name) => ({
      rule: name,
      reason: 'policy has no such rule with an `override`',
      hint: hintFor(name, known),
    }));
}

/** The one slot of whoever breaks the glass. */
export function breakGlassDemand(rule: BreakGlassRule): Demand {
  const { name, from, assurance, presence, verified } = rule;
  return {
    id: `break_glass/${name}`,
    count: 1,
    from,
    assurance,
    presence,
    verified,
    escalate: [],
    own: true,
  };
}

export function breakGlassTerms(rule: BreakGlassRule, { environment }: Facts): BreakGlassTerms {
  const { from, withinMs } = rule.review;
  return {
    rule: rule.name,
    scope: `${rule.name}@${environment.name}`,
    review: { from, within_ms: withinMs },
  };
}

export function reuseTerms({ name, vary, maxUses, forMs }: GrantRule): ReuseTerms {
  return { rule: name, vary, max_uses: maxUses, for_ms: forMs };
}
