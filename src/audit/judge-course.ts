import type { ManualAsked, Recorded, StepFinished } from '../run/events.ts';
import { startsAt } from '../run/next.ts';
import { attemptOf, plannedStep, type Replay } from './docket.ts';
import { judgeDone, type ManualBench } from './judge-manual.ts';

/**
 * What is wrong with an entry's place in its run: before the time that the run was scheduled for, or about
 * a step that a person does and nothing may be started for. Null where nothing is.
 */
export function judgeCourse(entry: Recorded, bench: ManualBench): string | null {
  const { event } = entry;
  const { replay } = bench;
  if (event.type === 'step.started') {
    return early(entry, replay) ?? judgeStart(event.data.step, replay);
  }
  if (event.type === 'step.finished') {
    return judgeFinish(event.data, replay);
  }
  if (event.type === 'manual.asked') {
    return early(entry, replay) ?? judgeAsked(event.data, replay);
  }
  return event.type === 'manual.done' ? judgeDone(entry, event.data, bench) : null;
}

function early({ time }: Recorded, { state }: Replay): string | null {
  return startsAt(state, Date.parse(time)) === null
    ? null
    : `the run starts at ${state.started.not_before ?? ''}, this happened at ${time}`;
}

function judgeStart(step: string, replay: Replay): string | null {
  return plannedStep(replay, step)?.action.kind === 'manual'
    ? `${step} is done by a person, and something was started for it`
    : null;
}

/** Nobody's word but a person's ends it well. */
function judgeFinish({ step, attempt, outcome }: StepFinished, replay: Replay): string | null {
  return attemptOf(replay, step, attempt)?.asked !== undefined && outcome === 'succeeded'
    ? `${step} is done by a person, and nobody said that it is`
    : null;
}

function judgeAsked({ step, attempt }: ManualAsked, replay: Replay): string | null {
  if (plannedStep(replay, step)?.action.kind !== 'manual') {
    return `${step} is not for a person to do, by its plan`;
  }
  return attemptOf(replay, step, attempt) === null ? null : `${step} had been asked before`;
}
