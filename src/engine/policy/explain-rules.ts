import { isOpen } from '../../policy/calendar.ts';
import type { Facts } from '../../policy/facts.ts';
import { openMatcher } from '../../policy/match.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import type { ExplainedRule, ExplainedStep } from './reports.ts';

/** Every rule with what it came to, in the policy's order. */
export function explainRules(
  policy: Policy,
  facts: Facts,
  nowMs: number,
): readonly ExplainedRule[] {
  const matches = openMatcher(policy, facts, nowMs);
  return policy.rules.map((rule) => {
    const { name, when } = rule;
    const anytime = matches({ when });
    const here = matches(rule);
    const times = describeTimes(rule, policy, nowMs);
    if (here.kind === 'failed') {
      return { name, when, outcome: here.kind, note: here.message };
    }
    const isLate = here.kind === 'unmatched' && anytime.kind !== 'unmatched';
    return { name, when, outcome: isLate ? 'out_of_time' : here.kind, note: times };
  });
}

/** `during `office` (closed)`, `outside `freeze` (open)`. */
function describeTimes(
  { during, outside }: Pick<Rule, 'during' | 'outside'>,
  { calendars }: Policy,
  nowMs: number,
): string | null {
  const state = (name: string): string => {
    const calendar = Object.hasOwn(calendars, name) ? calendars[name] : undefined;
    return calendar !== undefined && isOpen(calendar, nowMs) ? 'open' : 'closed';
  };
  const said = [
    ...during.map((name) => `during \`${name}\` (${state(name)})`),
    ...outside.map((name) => `outside \`${name}\` (${state(name)})`),
  ];
  return said.length === 0 ? null : said.join(', ');
}

/** What a run could be asked for with at this step, as far as it matches now. */
export function explainReliefs(
  policy: Policy,
  of: { readonly facts: Facts; readonly nowMs: number; readonly denied: readonly string[] },
): ExplainedStep['reliefs'] {
  const matches = openMatcher(policy, of.facts, of.nowMs);
  const overrides = policy.rules.filter(
    ({ name, override }) => override !== null && of.denied.includes(name),
  );
  const glass = of.facts.step.privileged ? policy.breakGlass : [];
  return [
    ...overrides.map(({ name, override }) => ({
      flag: `--override "${name}"`,
      meaning: `asks ${named((override ?? []).flatMap(({ from }) => from))} to lift it for one run`,
    })),
    ...glass
      .filter((rule) => matches(rule).kind === 'matched')
      .map(({ name, from, lifts }) => ({
        flag: `--break-glass "${name}"`,
        meaning: `${named(from)} may act alone, and owes a review${stays(of.denied, lifts)}`,
      })),
    ...(of.facts.step.privileged ? policy.grants : [])
      .filter((rule) => matches(rule).kind === 'matched')
      .map(({ name, maxUses }) => ({
        flag: `--grant "${name}"`,
        meaning: `asks for an approval that holds for ${maxUses} starts`,
      })),
  ];
}

function stays(denied: readonly string[], lifts: readonly string[]): string {
  const left = denied.filter((name) => !lifts.includes(name));
  return left.length === 0 ? '' : `; it does not pass ${named(left)}`;
}

function named(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `\`${name}\``).join(', ');
}
