import type { Recorded, StepFinished, StepStarted } from '../run/events.ts';
import type { ManualAsked } from '../run/manual-events.ts';
import { startsAt } from '../run/next.ts';
import { stepOfProbe } from '../run/state.ts';
import { attemptOf, plannedStep, type Replay } from './docket.ts';
import { judgeDone, type ManualBench } from './judge-manual.ts';
import { whyGated, whyNotSkipped, whyOutOfTurn } from './judge-order.ts';

/**
 * What is wrong with an entry's place in its run: before the time that the run was scheduled for, before its
 * turn, or about a step that a person does and nothing may be started for. Null where nothing is.
 */
export function judgeCourse(entry: Recorded, bench: ManualBench): string | null {
  const { event } = entry;
  const { replay } = bench;
  if (event.type === 'step.started') {
    return early(entry, replay) ?? judgeStart(entry, event.data, bench);
  }
  if (event.type === 'step.finished') {
    return judgeFinish(event.data, replay);
  }
  if (event.type === 'manual.asked') {
    return early(entry, replay) ?? judgeAsked(event.data, replay);
  }
  if (event.type === 'step.skipped') {
    return early(entry, replay) ?? whyNotSkipped(event.data.step, replay);
  }
  return event.type === 'manual.done' ? judgeDone(entry, event.data, bench) : null;
}

function early({ time }: Recorded, { state }: Replay): string | null {
  return startsAt(state, Date.parse(time)) === null
    ? null
    : `the run starts at ${state.started.not_before ?? ''}, this happened at ${time}`;
}

/** A probe has no turn of its own, and a start that is told twice is found as what it is. */
function judgeStart(
  { time }: Recorded,
  { step, attempt }: StepStarted,
  { replay, people }: ManualBench,
): string | null {
  if (plannedStep(replay, step)?.action.kind === 'manual') {
    return `${step} is done by a person, and something was started for it`;
  }
  return stepOfProbe(step) !== null || attemptOf(replay, step, attempt) !== null
    ? null
    : (whyOutOfTurn(step, replay) ?? whyGated(replay, { step, people, nowMs: Date.parse(time) }));
}

/** What never began does not end well, and a manual step not without a person's word. */
function judgeFinish({ step, attempt, outcome }: StepFinished, replay: Replay): string | null {
  const begun = attemptOf(replay, step, attempt);
  if (outcome !== 'succeeded' || stepOfProbe(step) !== null) {
    return null;
  }
  if (begun?.asked !== undefined) {
    return `${step} is done by a person, and nobody said that it is`;
  }
  return begun === null ? `${step} ended well, and nothing was started for it` : null;
}

function judgeAsked({ step, attempt }: ManualAsked, replay: Replay): string | null {
  if (replay.plan !== null && plannedStep(replay, step)?.action.kind !== 'manual') {
    return `${step} is not for a person to do, by its plan`;
  }
  return attemptOf(replay, step, attempt) === null
    ? whyOutOfTurn(step, replay)
    : `${step} had been asked before`;
}
