import type { Event } from '../run/events.ts';
import type { CommitInput } from '../store/store.ts';
import { type Execution, finishId } from './begin-attempt.ts';
import { executeStep } from './execute-step.ts';
import type { DriveOptions } from './service.ts';
import type { Session } from './session.ts';

/** How often a running step looks whether somebody asked to cancel. */
const watchMs = 300;

/** What the loop carries from one turn to the next. */
export interface Turn {
  /** The finished event of the step before, not committed yet: it may share the next start's commit. */
  carry: Event | null;
}

/** Sees a recorded start through to its end, and carries or commits how it went. */
export async function runAttempt(
  session: Session,
  { execution, turn }: { readonly execution: Execution; readonly turn: Turn },
  options: DriveOptions,
): Promise<void> {
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort();
  };
  options.signal.addEventListener('abort', abort);
  const watch = watchForCancel(session, stop);
  try {
    const ended = await executeStep(session, execution, stop.signal);
    const { step, attempt } = execution;
    if (ended.kind === 'unknown') {
      const data = { step: step.id, attempt, why: ended.why };
      await session.commit(`unknown.${step.id}.${attempt}`, [{ type: 'step.unknown', data }], {
        closing: true,
      });
      return;
    }
    turn.carry = { type: 'step.finished', data: ended.data };
    if (ended.openings.length > 0 || execution.permit.basis.kind !== 'policy') {
      await flush(session, turn, ended.openings);
    }
  } finally {
    clearInterval(watch);
    options.signal.removeEventListener('abort', abort);
  }
}

function watchForCancel(session: Session, stop: AbortController): NodeJS.Timeout {
  const look = async (): Promise<void> => {
    await session.refresh();
    if (session.state.cancel !== null) {
      stop.abort();
    }
  };
  return setInterval(() => {
    // A journal that cannot be read now will be found out by the commit that follows.
    look().catch(() => undefined);
  }, watchMs);
}

/** Commits the carried event, over whatever others committed meanwhile. An outcome nobody waits for any more is kept as `step.late`. */
export async function flush(
  session: Session,
  turn: Turn,
  openings: NonNullable<CommitInput['openings']> = [],
): Promise<void> {
  while (turn.carry?.type === 'step.finished') {
    const { data } = turn.carry;
    const known = session.state.steps
      .get(data.step)
      ?.attempts.find(({ attempt }) => attempt === data.attempt);
    const late = known !== undefined && (known.unknown !== null || known.resolved !== null);
    const event: Event = late ? { type: 'step.late', data } : turn.carry;
    // oxlint-disable-next-line no-await-in-loop -- again only when somebody else committed first
    const committed = await session.commit(finishId(event), [event], { closing: true, openings });
    if (committed !== null) {
      turn.carry = null;
    }
  }
}
