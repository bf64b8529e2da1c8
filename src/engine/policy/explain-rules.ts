import { quoteWord } from '../../base/quote-word.ts';
import { isOpen } from '../../policy/calendar.ts';
import type { InitiatorFacts, Sight } from '../../policy/facts.ts';
import { openMatcher, type Season, type Seen } from '../../policy/match.ts';
import type { Asked, Policy, Rule } from '../../policy/policy.ts';
import type { ExplainedRule, ExplainedStep } from './reports.ts';

/** Every rule with what it came to, in the policy's order. */
export function explainRules(
  policy: Policy,
  sight: Sight,
  nowMs: number,
): readonly ExplainedRule[] {
  const matches = openMatcher(policy, sight, nowMs);
  return policy.rules.map((rule) => {
    const { name, when } = rule;
    const anytime = matches.any({ when });
    const here = matches.any(rule);
    const seen = describeView(matches.each(rule));
    const notes = [
      here.kind === 'failed' ? here.message : describeTimes(rule, policy, nowMs),
      seen,
    ];
    const note = notes.filter((each) => each !== null).join('; ');
    const isLate = here.kind === 'unmatched' && anytime.kind !== 'unmatched';
    const outcome = isLate ? 'out_of_time' : here.kind;
    return { name, when, outcome, note: note === '' ? null : note };
  });
}

/** Where it matters how the chain is read: the first way by which the rule has a say. */
function describeView(seen: readonly Seen[]): string | null {
  const having =
    seen.find(({ when }) => when.kind === 'failed') ??
    seen.find(({ when }) => when.kind === 'matched');
  const all = seen.every(({ when }) => when.kind === having?.when.kind);
  const initiator = having?.initiator ?? null;
  return all || initiator === null ? null : `seen as ${describeInitiator(initiator)}`;
}

function describeInitiator({ kind, people, agent, ci }: InitiatorFacts): string {
  const id = kind === 'agent' ? agent : kind === 'ci' ? ci : null;
  const behind = people.length === 0 ? 'nobody' : named(people);
  return `${kind}${id === null ? '' : ` \`${id}\``} with ${behind} behind it`;
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

/** Somebody who starts a run, and what they ask for already. */
interface Asking {
  readonly sight: Sight;
  readonly nowMs: number;
  readonly denied: readonly string[];
  readonly asked: Asked;
  /** Why nobody answers for it who may lift a rule or break the glass; null where somebody does. */
  readonly machine: string | null;
}

/** What a run could be asked for with at this step, as far as it matches now, and is not asked for yet. */
export function explainReliefs(
  policy: Policy,
  of: Asking,
): Pick<ExplainedStep, 'reliefs' | 'relief_refused'> {
  const { privileged } = of.sight.facts.step;
  const matches = openMatcher(policy, of.sight, of.nowMs);
  const fits = (rule: Season): boolean => privileged && matches.every(rule).kind === 'matched';
  const { breakGlass, reuse } = of.asked;
  const personal = [
    // The two do not go together.
    ...(breakGlass === null ? overridesOf(policy, of.denied) : []),
    ...policy.breakGlass
      .filter((rule) => rule.name !== breakGlass && fits(rule))
      .map(({ name, from, lifts }) => ({
        flag: `--break-glass ${quoteWord(name)}`,
        meaning: `${named(from)} may act alone, and owes a review${stays(of.denied, lifts)}`,
      })),
  ];
  const lent = breakGlass === null && reuse === null ? policy.grants.filter(fits) : [];
  const grants = lent.map(({ name, maxUses }) => ({
    flag: `--grant ${quoteWord(name)}`,
    meaning: `asks for an approval that holds for ${maxUses} starts`,
  }));
  return of.machine === null || personal.length === 0
    ? { reliefs: [...personal, ...grants], relief_refused: null }
    : {
        reliefs: grants,
        relief_refused: `${of.machine}: only a person breaks the glass or lifts a rule`,
      };
}

function overridesOf({ rules }: Policy, denied: readonly string[]): ExplainedStep['reliefs'] {
  return rules
    .filter(({ name, override }) => override !== null && denied.includes(name))
    .map(({ name, override }) => ({
      flag: `--override ${quoteWord(name)}`,
      meaning: `asks ${named((override ?? []).flatMap(({ from }) => from))} to lift it for one run`,
    }));
}

function stays(denied: readonly string[], lifts: readonly string[]): string {
  const left = denied.filter((name) => !lifts.includes(name));
  return left.length === 0 ? '' : `; it does not pass ${named(left)}`;
}

function named(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `\`${name}\``).join(', ');
}
