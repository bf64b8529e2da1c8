import { UsageError } from '../../base/errors.ts';
import type { Event } from '../../run/events.ts';
import type { Due } from '../../run/next.ts';
import { evaluateIf, renderManual } from '../../runbook/render.ts';
import type { Session } from '../session.ts';
import { failedToStart, notStarted, stepEventId } from './attempt-events.ts';
import { scopeOf } from './scope.ts';

/**
 * Tells a person what to do, or records that the step is not to be done (`if`) or cannot be told. Policy is
 * not asked: nothing is started, now or later.
 */
export async function askManual(
  session: Session,
  due: Extract<Due, { kind: 'ask_manual' }>,
): Promise<void> {
  const event = await whatToRecord(session, due);
  await session.commit(stepEventId(event), [event], { closing: event.type !== 'manual.asked' });
}

/** Nobody said in time how it went. */
export async function giveUp(
  session: Session,
  due: Extract<Due, { kind: 'give_up' }>,
): Promise<void> {
  const event = notStarted(due, {
    reason: 'nobody said in time that it is done',
    failure: 'timeout',
  });
  await session.commit(stepEventId(event), [event], { closing: true });
}

async function whatToRecord(
  session: Session,
  due: Extract<Due, { kind: 'ask_manual' }>,
): Promise<Event> {
  const { step, attempt } = due;
  const { action } = step;
  if (action.kind !== 'manual') {
    return notStarted(due, { reason: 'it is not for a person to do', failure: 'start' });
  }
  try {
    const scope = await scopeOf(session, null, step);
    if (!evaluateIf(session.plan, step, scope)) {
      return { type: 'step.skipped', data: { step: step.id, why: '`if` is false' } };
    }
    const text = renderManual(session.plan, step, { action, scope });
    return { type: 'manual.asked', data: { step: step.id, attempt, text } };
  } catch (error) {
    if (error instanceof UsageError) {
      return failedToStart(due, error);
    }
    throw error;
  }
}
