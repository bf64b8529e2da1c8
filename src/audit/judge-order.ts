import type { People } from '../approval/people/people.ts';
import type { Event } from '../run/events.ts';
import { tallyInRun } from '../run/judge.ts';
import { standingOf } from '../run/standing.ts';
import { type RunState, stepOfProbe } from '../run/state.ts';
import { gateOf } from '../run/together.ts';
import type { PlannedStep } from '../runbook/plan.ts';
import { plannedStep, type Replay } from './docket.ts';
import { layoutOf } from './layout.ts';

/**
 * Why it was not a step's turn, by the entries before; null where it was. The list's order is what people
 * approved, too: a step moved before one that stops the run would run where it must not.
 */
export function whyOutOfTurn(id: string, replay: Replay): string | null {
  const { state, plan, through } = replay;
  const step = plan === null ? null : plannedStep({ plan }, id);
  if (plan === null || step === null) {
    return null;
  }
  const { kind } = standingOf(state, step);
  if (kind !== 'due') {
    return `it was not the turn of ${id}: it is ${kind}`;
  }
  const { body, placeOf } = layoutOf(plan);
  const place = placeOf.get(step);
  if (place === undefined) {
    const before = plan.finally.slice(0, plan.finally.indexOf(step));
    return (
      whyBeforeEnd(replay, body) ??
      whyAhead(
        state,
        step,
        before.find((each) => !isOver(state, each)),
      )
    );
  }
  return state.cancel === null
    ? whyAhead(
        state,
        step,
        body.slice(through, place).find((each) => !isThrough(state, each)),
      )
    : `it was not the turn of ${id}: the run had been cancelled`;
}

/**
 * How many steps of the body, from the first, are through after an entry. Only entries that start or end a
 * step come by the thousand, and they change that step alone: after any other all are looked at.
 */
export function throughAfter(before: Replay, event: Event, state: RunState): number {
  if (before.plan === null) {
    return 0;
  }
  const { body, placeOf } = layoutOf(before.plan);
  const changed = plannedStep(before, startedOrEnded(event));
  const place = changed === null ? undefined : placeOf.get(changed);
  let through = Math.min(before.through, place ?? 0);
  for (let step = body[through]; step !== undefined && isThrough(state, step); ) {
    through += 1;
    step = body[through];
  }
  return through;
}

function startedOrEnded(event: Event): string | null {
  return event.type === 'step.started' || event.type === 'step.finished'
    ? (stepOfProbe(event.data.step) ?? event.data.step)
    : null;
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
  before: PlannedStep | undefined,
): string | null {
  return before === undefined
    ? null
    : `it was not the turn of ${step.id}: ${before.id} comes before it, and is ${standingOf(state, before).kind}`;
}

/** `finally` begins once the steps came to an end, whichever. */
function whyBeforeEnd({ state, through }: Replay, body: readonly PlannedStep[]): string | null {
  const open = body.slice(through).find((step) => !isThrough(state, step));
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
