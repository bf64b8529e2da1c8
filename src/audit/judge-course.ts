import { agentOfAccount, personOf } from '../approval/people/identity.ts';
import type { ChainLink, People } from '../approval/people/people.ts';
import type { ManualAsked, ManualDone, Recorded, StepFinished } from '../run/events.ts';
import { waitsUntil } from '../run/manual.ts';
import { startsAt } from '../run/next.ts';
import type { Attempt } from '../run/state.ts';
import { plannedStep, type Replay } from './docket.ts';

/**
 * What is wrong with an entry's place in its run: before the time that the run was scheduled for, or about
 * a step that a person does and nothing may be started for. Null where nothing is.
 */
export function judgeCourse(entry: Recorded, replay: Replay, people: People): string | null {
  const { event } = entry;
  if (event.type === 'step.started') {
    return early(entry, replay) ?? judgeStart(event.data.step, replay);
  }
  if (event.type === 'step.finished') {
    return judgeFinish(event.data, replay);
  }
  if (event.type === 'manual.asked') {
    return early(entry, replay) ?? judgeAsked(event.data, replay);
  }
  return event.type === 'manual.done' ? judgeDone(entry, event.data, { replay, people }) : null;
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

function judgeDone(
  { time }: Recorded,
  { step, attempt, by }: ManualDone,
  { replay, people }: { readonly replay: Replay; readonly people: People },
): string | null {
  const asked = attemptOf(replay, step, attempt);
  if (asked?.asked === undefined || asked.finished !== null) {
    return `${step} was said to be done, and nobody was waiting for that`;
  }
  const action = plannedStep(replay, step)?.action;
  const untilMs = waitsUntil(asked, action?.kind === 'manual' ? action.wait_ms : null);
  if (untilMs !== null && Date.parse(time) >= untilMs) {
    return `${step} was said to be done after it had given up`;
  }
  return judgeDoer(by, people);
}

/** Agents and jobs do nothing by hand, and nobody is taken for a person they are not. */
function judgeDoer({ role, identity, person }: ChainLink, people: People): string | null {
  const machine = role === 'agent' || role === 'ci' || agentOfAccount(people, identity) !== null;
  if (machine || (identity.startsWith('token:') && person === null)) {
    return `${identity} is no person, and said that a manual step is done`;
  }
  return identity.startsWith('os:') && (personOf(people, identity)?.name ?? null) !== person
    ? `${identity} is not ${person ?? 'nobody'}`
    : null;
}

function attemptOf({ state }: Replay, step: string, attempt: number): Attempt | null {
  return state.steps.get(step)?.attempts.find((each) => each.attempt === attempt) ?? null;
}
