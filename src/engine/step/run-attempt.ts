import type { Event } from '../../run/events.ts';
import type { CommitInput } from '../../store/store.ts';
import { tellAtOnce } from '../break-glass/tell-at-once.ts';
import type { DriveOptions } from '../service.ts';
import type { Session } from '../session.ts';
import { stepEventId } from './attempt-events.ts';
import { executeStep } from './execute-step.ts';
import type { Execution } from './start-attempt.ts';

/** How often a running step looks whether somebody asked to cancel. */
const watchMs = 300;

/** How an attempt ended. */
type Outcome = Extract<Event, { type: 'step.finished' | 'step.unknown' }>;

/** What the loop carries from one turn to the next. */
export interface Turn {
  /** How the step before ended, not committed yet: it may share the next start's commit. */
  carry: Outcome | null;
}

/** Sees a recorded start through to its end, and carries or commits how it went. */
export async function runAttempt(
  session: Session,
  { execution, turn }: { readonly execution: Execution; readonly turn: Turn },
  options: DriveOptions,
): Promise<void> {
  const watch = watchForStop(session, options);
  const told = tellAtOnce(session, execution.permit);
  try {
    const ended = await executeStep(session, execution, watch.stop);
    const { step, attempt } = execution;
    if (ended.kind === 'unknown') {
      turn.carry = { type: 'step.unknown', data: { step: step.id, attempt, why: ended.why } };
      await flush(session, turn);
      return;
    }
    const { copies } = execution;
    const data = copies === undefined ? ended.data : { ...ended.data, remote: copies };
    turn.carry = { type: 'step.finished', data };
    if (ended.openings.length > 0 || execution.permit.basis.kind !== 'policy') {
      await flush(session, turn, ended.openings);
    }
  } finally {
    watch.close();
    await told;
  }
}

/**
 * What ends a step that runs: an interrupt, or somebody who cancels. In a run that is cancelled already
 * only `finally` is left: that runs on, until a second interrupt.
 */
function watchForStop(
  session: Session,
  { signal, hurry }: DriveOptions,
): { readonly stop: AbortSignal; readonly close: () => void } {
  if (session.state.cancel !== null) {
    return { stop: hurry, close: () => undefined };
  }
  const cancelled = new AbortController();
  const timer = lookForCancel(session, cancelled);
  return {
    stop: AbortSignal.any([signal, cancelled.signal]),
    close: () => {
      clearInterval(timer);
    },
  };
}

function lookForCancel(session: Session, cancelled: AbortController): NodeJS.Timeout {
  const look = async (): Promise<void> => {
    await session.refresh();
    if (session.state.cancel !== null) {
      cancelled.abort();
    }
  };
  return setInterval(() => {
    // A journal that cannot be read now will be found out by the commit that follows.
    look().catch(() => undefined);
  }, watchMs);
}

/** Commits the carried event, over whatever others committed meanwhile. */
export async function flush(
  session: Session,
  turn: Turn,
  openings: NonNullable<CommitInput['openings']> = [],
): Promise<void> {
  while (turn.carry !== null) {
    const event = toRecord(session, turn.carry);
    if (event === null || (await close(session, event, openings)) !== null) {
      turn.carry = null;
    }
  }
}

/**
 * An outcome as it is to be recorded now: null where the journal has it already, `step.late` where
 * somebody settled the attempt meanwhile and nobody waits for it any more.
 */
export function toRecord(
  session: Session,
  event: Outcome,
): Outcome | Extract<Event, { type: 'step.late' }> | null {
  const known = session.state.steps
    .get(event.data.step)
    ?.attempts.find(({ attempt }) => attempt === event.data.attempt);
  if (known === undefined) {
    return event;
  }
  if (known.finished !== null) {
    return null;
  }
  if (known.unknown === null && known.resolved === null) {
    return event;
  }
  return event.type === 'step.finished' ? { type: 'step.late', data: event.data } : null;
}

function close(
  session: Session,
  event: Event,
  openings: NonNullable<CommitInput['openings']>,
): ReturnType<Session['commit']> {
  return session.commit(stepEventId(event), [event], { closing: true, openings });
}
