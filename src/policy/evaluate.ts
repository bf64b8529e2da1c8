import { formatTime } from '../base/clock.ts';
import { celVersion } from '../base/expression.ts';
import { buildSlot, type Demand, type Hall, listsNamed } from './build-slots.ts';
import { demandsOf, denials, overrideDemands, requirementsOf, tooManyWays } from './demands.ts';
import { type Antecedents, excludeFrom } from './exclusions.ts';
import type { Facts, InitiatorFacts } from './facts.ts';
import { type Matcher, openMatcher } from './match.ts';
import type { Asked, Evaluation, ListAnswer, Policy, Rule, SlotPeople, Verdict } from './policy.ts';
import {
  breakGlassDemand,
  breakGlassTerms,
  findRelief,
  neverLent,
  reuseTerms,
  unknownOverrides,
} from './relief.ts';
import { strictestRemote } from './remote.ts';

/** What a verdict depends on besides the step itself. */
export interface PolicyContext extends Antecedents {
  readonly nowMs: number;
  /** Sequence number of the `config.set` entry in force. */
  readonly config: number;
  readonly policyDigest: string;
  readonly peopleDigest: string;
  /** Who may fill a slot as it is now, before anybody further is told. */
  readonly eligible: (slot: SlotPeople) => readonly string[];
  readonly agentInChain: boolean;
  /** Every way to read who stands behind the run; absent: as the facts say. Null: too many. */
  readonly views?: readonly InitiatorFacts[] | null;
  /** How the run was asked for beyond the ordinary. */
  readonly asked: Asked;
  /** What a list says; asked only where a slot needs it, and recorded with the verdict. */
  readonly lists: (name: string) => ListAnswer;
}

/**
 * Policy's word on one step. Every matching rule adds its slots, the strictest expiry holds, a matching
 * `deny` or an expression that fails denies. Rules only ever add: no rule makes a step easier to run.
 * They match where they do in any view of who stands behind the run, and relief where it does in all.
 * Relief comes from what the run asked for by name alone: break-glass, a grant, an override.
 */
export function evaluatePolicy(policy: Policy, facts: Facts, context: PolicyContext): Verdict {
  const seen = withPrivilege(facts);
  const { nowMs, views = [seen.initiator] } = context;
  const matches = openMatcher(policy, { facts: seen, views }, nowMs);
  const outcomes = policy.rules.map((rule) => ({ rule, ...matches.any(rule) }));
  const matched = outcomes.flatMap(({ kind, rule }) => (kind === 'matched' ? rule : []));
  const failed = outcomes.flatMap((it) =>
    it.kind === 'failed' ? [{ rule: it.rule.name, message: it.message }] : [],
  );
  const evaluation: Evaluation = {
    now: formatTime(context.nowMs),
    config: context.config,
    policy_digest: context.policyDigest,
    people_digest: context.peopleDigest,
    cel: celVersion,
    matched: matched.map(({ name }) => name),
    failed,
  };
  if (!seen.step.privileged && matched.length === 0 && failed.length === 0) {
    return { kind: 'none', evaluation };
  }
  const matter: Matter = { policy, facts: seen, context, matches, matched, evaluation };
  const { breakGlass } = context.asked;
  return breakGlass === null ? ordinarily(matter) : byBreakGlass(matter, breakGlass);
}

/** In a protected environment a runbook from outside the trusted folders has every step privileged. */
export function withPrivilege(facts: Facts): Facts {
  const foreign = facts.environment.protected && !facts.runbook.trusted;
  return { ...facts, step: { ...facts.step, privileged: facts.step.privileged || foreign } };
}

/** A step about which there is something to say. */
interface Matter {
  readonly policy: Policy;
  readonly facts: Facts;
  readonly context: PolicyContext;
  readonly matches: Matcher;
  readonly matched: readonly Rule[];
  readonly evaluation: Evaluation;
}

function ordinarily(matter: Matter): Verdict {
  const { policy, facts, context, matched, evaluation } = matter;
  const { asked } = context;
  const lifted = matched.filter(
    ({ name, override }) => override !== null && asked.overrides.includes(name),
  );
  const { excluded, refusals } = excludeFrom(matched, context);
  const reuse =
    asked.reuse === null
      ? null
      : findRelief('grants', { rules: policy.grants, name: asked.reuse }, matter.matches.every);
  const reasons = [
    ...denials(
      matched.filter((rule) => !lifted.includes(rule)),
      evaluation.failed,
    ),
    ...unknownOverrides(policy, asked),
    ...refusals,
    ...(reuse?.refusals ?? []),
    ...tooManyWays(matched),
  ];
  if (reasons.length > 0) {
    return { kind: 'deny', reasons, evaluation };
  }
  const demands = [
    ...demandsOf(matched, facts.step.privileged),
    ...lifted.flatMap(overrideDemands),
  ];
  return ask(matter, demands, {
    excluded,
    supervised: isSupervised(matter),
    overrides: lifted.map(({ name }) => name),
    breakGlass: null,
    reuse: reuse?.rule === undefined ? null : reuseTerms(reuse.rule),
  });
}

function isSupervised({ policy, context, matched }: Matter): boolean {
  return (
    policy.floor.control === 'supervised' &&
    context.agentInChain &&
    requirementsOf(matched).every(({ control }) => control !== 'dual')
  );
}

/** One slot instead of all others. What the rule does not lift by name still denies. */
function byBreakGlass(matter: Matter, name: string): Verdict {
  const { policy, facts, context, matched, evaluation } = matter;
  const found = findRelief('break_glass', { rules: policy.breakGlass, name }, matter.matches.every);
  const { rule } = found;
  if (rule === undefined) {
    return { kind: 'deny', reasons: found.refusals, evaluation };
  }
  const reasons = [
    ...denials(
      matched.filter((one) => !rule.lifts.includes(one.name)),
      evaluation.failed.filter((one) => !rule.lifts.includes(one.rule)),
    ),
    ...(context.asked.reuse === null ? [] : [neverLent(name)]),
  ];
  if (reasons.length > 0) {
    return { kind: 'deny', reasons, evaluation };
  }
  return ask(matter, [breakGlassDemand(rule)], {
    excluded: [],
    supervised: false,
    overrides: [],
    breakGlass: breakGlassTerms(rule, facts),
    reuse: null,
  });
}

type Terms = Pick<Extract<Verdict, { kind: 'ask' }>, 'overrides' | 'breakGlass' | 'reuse'> &
  Pick<Hall, 'excluded' | 'supervised'>;

function ask(matter: Matter, demands: readonly Demand[], terms: Terms): Verdict {
  const { policy, context, matched, evaluation } = matter;
  const { floor } = policy;
  const { excluded, supervised, ...relief } = terms;
  const answers = listsNamed(demands).map((name) => [name, context.lists(name)] as const);
  const lists = Object.fromEntries(answers);
  const { agentInChain, eligible } = context;
  const hall: Hall = { floor, agentInChain, supervised, excluded, lists, eligible };
  const asked = requirementsOf(matched);
  const reminders = asked.flatMap(({ remindMs }) => remindMs ?? []);
  return {
    kind: 'ask',
    slots: demands.map((demand) => buildSlot(hall, demand)),
    reasonRequired:
      asked.some(({ reason }) => reason) ||
      relief.overrides.length > 0 ||
      relief.breakGlass !== null,
    pendingMs: strictest([floor.pendingMs, ...asked.flatMap(({ pendingMs }) => pendingMs ?? [])]),
    unusedMs: strictest([floor.unusedMs, ...asked.flatMap(({ unusedMs }) => unusedMs ?? [])]),
    remindMs: reminders.length === 0 ? null : strictest(reminders),
    remote: strictestRemote([floor.remote, ...asked.map(({ remote }) => remote)]),
    ...relief,
    evaluation: answers.length === 0 ? evaluation : { ...evaluation, lists },
  };
}

/** The shortest limit holds, the floor's included: a rule that lengthened it would make a step easier. */
function strictest(limits: readonly number[]): number {
  return Math.min(...limits);
}
