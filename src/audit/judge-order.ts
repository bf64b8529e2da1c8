import type { People } from '../approval/people/people.ts';
import { tallyInRun } from '../run/judge.ts';
import { standingOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { gateOf } from '../run/together.ts';
import type { Plan, PlannedStep } from '../runbook/plan.ts';
import { plannedStep, type Replay } from './docket.ts';

/**
 * Why it was not a step's turn, by the entries before; null where it was. The list's order is what people
 * approved, too: a step moved before one that stops the run would run where it must not.
 */
export function whyOutOfTurn(id: string, { state, plan }: Replay): string | null {
  const step = plan === null ? null : plannedStep({ plan }, id);
  if (plan === null || step === null) {
    return null;
  }
  if (standingOf(state, step).kind !== 'due') {
    return `it was not the turn of ${id}: it is ${standingOf(state, step).kind}`;
  }
  const body = [...plan.preconditions, ...plan.steps];
  if (!body.includes(step)) {
    return (
      whyBeforeEnd(state, plan) ?? whyAhead(state, step, { list: plan.finally, passed: isOver })
    );
  }
  return state.cancel === null
    ? whyAhead(state, step, { list: body, passed: isThrough })
    : `it was not the turn of ${id}: the run had been cancelled`;
}

/** Why nothing may be started yet where approvals are asked together; null once they were given. */
export function whyGated(
  { state, plan }: Replay,
  of: { readonly step: string; readonly people: People; readonly nowMs: number },
): string | null {
  const gate =
    plan === null || plan.finally.some(({ id }) => id === of.step) ? null : gateOf(state, plan);
  if (gate === null || gate.kind === 'open') {
    return null;
  }
  if (gate.kind === 'denied') {
    return `${of.step} was started, and policy had denied a step that was asked for with it`;
  }
  const { people, nowMs } = of;
  const open = gate.asked.find(({ request }) => {
    const { kind } = tallyInRun(state, request, { people, nowMs });
    return request.closed !== null || kind === 'open' || kind === 'revoked' || kind === 'rejected';
  });
  return open === undefined
    ? null
    : `${of.step} was started before request ${open.request.content.id} was granted`;
}

/** Why a step cannot have been skipped; null where it may. */
export function whyNotSkipped(id: string, replay: Replay): string | null {
  const step = plannedStep(replay, id);
  if (step === null) {
    return replay.plan === null ? null : `${id} was skipped, and the plan has no such step`;
  }
  const afterNo = replay.plan?.finally.includes(step) === true && wasEndedByNo(replay.state);
  return step.if === null && !afterNo
    ? `${id} was skipped, and nothing in its plan lets it be`
    : whyOutOfTurn(id, replay);
}

type Passed = (state: RunState, step: PlannedStep) => boolean;

function whyAhead(
  state: RunState,
  step: PlannedStep,
  { list, passed }: { readonly list: readonly PlannedStep[]; readonly passed: Passed },
): string | null {
  const before = list.slice(0, list.indexOf(step)).find((each) => !passed(state, each));
  return before === undefined
    ? null
    : `it was not the turn of ${step.id}: ${before.id} comes before it, and is ${standingOf(state, before).kind}`;
}

/** `finally` begins once the steps came to an end, whichever. */
function whyBeforeEnd(state: RunState, plan: Plan): string | null {
  const open = [...plan.preconditions, ...plan.steps].find((step) => !isThrough(state, step));
  const isEnded = open === undefined || standingOf(state, open).kind === 'failed';
  return isEnded || wasEndedByNo(state)
    ? null
    : `\`finally\` began, and ${open.id} is ${standingOf(state, open).kind}`;
}

const isThrough: Passed = (state, step) => {
  const { kind } = standingOf(state, step);
  return (
    kind === 'succeeded' || kind === 'skipped' || (kind === 'failed' && step.continue_on_error)
  );
};

/** Of `finally` each step has its turn, however the one before ended. */
const isOver: Passed = (state, step) => {
  const { kind } = standingOf(state, step);
  const unsettled = kind === 'unknown' && state.cancel === null;
  return !unsettled && !['due', 'running', 'asked', 'expired'].includes(kind);
};

function wasEndedByNo({ cancel, requests, steps }: RunState): boolean {
  return (
    cancel !== null ||
    [...steps.values()].some(({ denied }) => denied !== null) ||
    [...requests.values()].some(({ decisions }) =>
      decisions.some(({ data }) => data.decision === 'reject'),
    )
  );
}
