import { missingOf, type Tally } from '../../approval/tally/tally.ts';
import type { RequestId } from '../../base/ids.ts';
import { recordedLists } from '../../policy/lists.ts';
import type { Evaluation, Slot, Verdict } from '../../policy/policy.ts';
import { activityOf } from '../../run/activity.ts';
import type { Recorded, StepStarted } from '../../run/events.ts';
import { caseOf, judgeStep, type Rules, tallyRequest } from '../../run/judge.ts';
import { apply, foldRun, type RequestRecord, type RunState } from '../../run/state.ts';
import { allSteps, type Plan } from '../../runbook/plan.ts';
import type { DecisionDifference } from './reports.ts';

/** One run as it is recorded, and the rules it is held against. */
export interface Retrial {
  readonly entries: readonly Recorded[];
  readonly plan: Plan;
  readonly rules: Rules;
  /** Requests of other runs that it started under. */
  readonly lent: ReadonlyMap<RequestId, RequestRecord>;
}

/** What was decided in a run, and what other rules would have decided. */
export interface Retried {
  readonly decisions: number;
  readonly differences: readonly DecisionDifference[];
}

/**
 * Asks other rules about everything that policy was asked about in a run, each time about the run as it
 * was by then: at the time the rules then saw, with what the lists then said, and with the decisions
 * that were there. Evidence is not verified again: that is the audit's.
 */
export function retryRun({ entries, plan, rules, lent }: Retrial): Retried {
  const [first, ...rest] = entries;
  if (first === undefined) {
    return { decisions: 0, differences: [] };
  }
  let state = foldRun([first]);
  let decisions = 0;
  const differences: DecisionDifference[] = [];
  for (const entry of rest) {
    const pair = retry(entry, { state, plan, rules, lent });
    decisions += pair === null ? 0 : 1;
    if (pair !== null && pair.was !== pair.would_be) {
      differences.push({ index: entry.seq, time: entry.time, ...pair });
    }
    state = apply(state, entry);
  }
  return { decisions, differences };
}

type Pair = Pick<DecisionDifference, 'step' | 'was' | 'would_be'>;

interface Then extends Omit<Retrial, 'entries'> {
  readonly state: RunState;
}

function retry({ event, time }: Recorded, then: Then): Pair | null {
  if (event.type === 'approval.requested') {
    const { commands, step, policy } = event.data;
    const verdicts = commands.map((command) => judge(command.step, policy.evaluation, then));
    return { step, was: asked(policy.slots), would_be: describeAll(verdicts) };
  }
  if (event.type === 'step.denied') {
    const { step, evaluation, reasons } = event.data;
    const verdict = judge(step, evaluation, then);
    return isOfRules(event.data) && verdict !== null
      ? { step, was: denied(reasons), would_be: describe(verdict) }
      : null;
  }
  return event.type === 'step.started' ? retryStart(event.data, time, then) : null;
}

/** A step can be denied for what no rule says: an initiator whom nobody knows, a review that is owed. */
function isOfRules({
  evaluation,
  reasons,
}: {
  readonly evaluation: Evaluation;
  readonly reasons: readonly { readonly rule: string }[];
}): boolean {
  const said = [...evaluation.matched, ...evaluation.failed.map(({ rule }) => rule)];
  return reasons.some(({ rule }) => said.includes(rule));
}

function retryStart({ step, permit }: StepStarted, time: string, then: Then): Pair | null {
  if (permit.kind === 'check') {
    return null;
  }
  const verdict = judge(step, permit.evaluation, then);
  if (verdict === null) {
    return null;
  }
  if (permit.kind === 'policy') {
    return { step, was: unasked, would_be: describe(verdict) };
  }
  const request = then.state.requests.get(permit.request) ?? then.lent.get(permit.request);
  if (request === undefined || verdict.kind !== 'ask') {
    return { step, was: granted, would_be: describe(verdict) };
  }
  const tally = tallyRequest(request, {
    people: then.rules.people,
    initiator: then.state.initiator,
    nowMs: Date.parse(time),
    slots: verdict.slots,
    // How often it may start is not the rules' to say.
    uses: 1,
    used: 0,
    ...activityOf(then.state, request),
  });
  return { step, was: granted, would_be: describeTally(tally) };
}

function judge(id: string, evaluation: Evaluation, { state, plan, rules }: Then): Verdict | null {
  const step = allSteps(plan).find((each) => each.id === id);
  return step === undefined
    ? null
    : judgeStep(rules, caseOf(state, plan, step), {
        nowMs: Date.parse(evaluation.now),
        lists: recordedLists(evaluation),
      });
}

const unasked = 'nobody is asked';
const granted = 'granted';

/** Of several steps that are decided together, each slot once. */
function describeAll(verdicts: readonly (Verdict | null)[]): string {
  const refusal = verdicts.find((verdict) => verdict?.kind === 'deny');
  if (refusal !== undefined && refusal !== null) {
    return describe(refusal);
  }
  const slots = verdicts.flatMap((verdict) => (verdict?.kind === 'ask' ? verdict.slots : []));
  return slots.length === 0 ? unasked : asked(slots);
}

function describe(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'none':
      return unasked;
    case 'ask':
      return asked(verdict.slots);
    case 'deny':
      return denied(verdict.reasons);
  }
}

function denied(reasons: readonly { readonly rule: string }[]): string {
  return `denied by ${[...new Set(reasons.map(({ rule }) => `\`${rule}\``))].join(', ')}`;
}

function asked(slots: readonly Slot[]): string {
  return `asks ${[...new Set(slots.map(describeSlot))].join('; ')}`;
}

/** Everything that can make a difference to somebody who approves. */
function describeSlot({ id, count, assurance, presence, verified, any, eligible }: Slot): string {
  const proof = verified === true ? ' with a PIN' : presence ? ' with a touch' : '';
  const option = any === undefined ? '' : ` (alternative ${any.option + 1})`;
  const who = eligible.length === 0 ? 'nobody' : eligible.join(', ');
  return `${count} for \`${id}\`${option} at ${assurance}${proof} of ${who}`;
}

function describeTally(tally: Tally): string {
  const missing = missingOf(tally).map(({ slot, count }) => `${count} for \`${slot}\``);
  if (missing.length > 0) {
    return `not granted: lacks ${missing.join(', ')}`;
  }
  return tally.kind === 'granted' ? granted : `not granted: ${tally.kind}`;
}
