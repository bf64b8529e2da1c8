import type { Initiator } from '../approval/people/people.ts';
import type { Season } from '../policy/match.ts';
import type { RunStarted } from '../run/events.ts';
import type { Rules } from '../run/judge.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Replay } from './docket.ts';

/**
 * Ids of the steps that policy has said `none` of, and would say so again; whoever hears it say so of another
 * adds that. Such a verdict follows from the rules in force, the plan (its step, environment, parameters), and
 * what the run was started by, for and with: nothing else is looked at. Null where a rule can see the time,
 * or where approvals of the run come in: then policy is asked each time.
 */
export function unaskedSteps(rules: Rules, { state, plan }: Replay): Set<string> | null {
  if (plan === null || state.underGrant || state.requests.size > 0) {
    return null;
  }
  const { started, initiator } = state;
  const last = ofRuns.get(started);
  if (last?.rules === rules && last.initiator === initiator) {
    return last.steps;
  }
  const askers = askersOf(rules, plan);
  const steps = askers === null ? null : stepsOf(askers, askerOf(started, initiator));
  ofRuns.set(started, { rules, initiator, steps });
  return steps;
}

/** By all that is particular to a run of a plan: the ids of its steps. */
type Askers = Map<string, Set<string>>;

/** Beyond so many all are forgotten. */
const mostAskers = 1000;

/** Nothing is kept under rules that can see the time. */
const known = new WeakMap<Rules, WeakMap<Plan, Askers> | 'timely'>();

interface OfRun {
  readonly rules: Rules;
  /** Grows when somebody resumes the run. */
  readonly initiator: Initiator;
  readonly steps: Set<string> | null;
}

const ofRuns = new WeakMap<RunStarted, OfRun>();

function askersOf(rules: Rules, plan: Plan): Askers | null {
  const plans = known.get(rules) ?? (seesTime(rules) ? 'timely' : new WeakMap<Plan, Askers>());
  known.set(rules, plans);
  if (plans === 'timely') {
    return null;
  }
  const askers = plans.get(plan) ?? new Map<string, Set<string>>();
  plans.set(plan, askers);
  return askers;
}

function stepsOf(askers: Askers, asker: string): Set<string> {
  const steps = askers.get(asker) ?? new Set<string>();
  if (askers.size >= mostAskers) {
    askers.clear();
  }
  askers.set(asker, steps);
  return steps;
}

/** All that `caseOf` takes from a run without approvals. */
function askerOf(started: RunStarted, initiator: Initiator): string {
  const { reason, ticket, break_glass, overrides, reuse, authors } = started;
  return JSON.stringify({ initiator, reason, ticket, break_glass, overrides, reuse, authors });
}

/** A name that only looks like the clock's costs time, and nothing else. */
function seesTime({ policy }: Rules): boolean {
  const seasons: readonly Season[] = [...policy.rules, ...policy.grants, ...policy.breakGlass];
  return seasons.some(
    ({ when, during = [], outside = [] }) =>
      when?.includes('now') === true || during.length > 0 || outside.length > 0,
  );
}
