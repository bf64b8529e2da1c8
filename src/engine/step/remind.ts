import { dueNotices, hasNotices, nextNoticeMs, type Waiting } from '../../approval/reminders.ts';
import { missingOf } from '../../approval/tally/tally.ts';
import type { RequestId } from '../../base/ids.ts';
import { tallyInRun } from '../../run/judge.ts';
import type { Session } from '../session.ts';

/**
 * Records which reminders and escalations of an open request are due; channels tell of them. Each is recorded
 * once, whoever waits and however many do. True where the run has moved on otherwise meanwhile.
 */
export async function remind(session: Session, request: RequestId): Promise<boolean> {
  const waiting = waitingOf(session, request);
  for (const notice of waiting === null ? [] : dueNotices(waiting, session.nowMs())) {
    const before = session.state.version;
    await session.commit(`remind.${request}.${notice.kind}.${notice.nth}`, [
      { type: 'approval.reminded', data: { request, ...notice } },
    ]);
    if (session.state.version !== before + 1) {
      return true;
    }
  }
  return false;
}

/** When there is something to tell next; null where nothing will be. */
export function nextReminderMs(session: Session, request: RequestId): number | null {
  const waiting = waitingOf(session, request);
  return waiting === null ? null : nextNoticeMs(waiting, session.nowMs());
}

function waitingOf(session: Session, request: RequestId): Waiting | null {
  const { state, inForce } = session;
  const record = state.requests.get(request);
  // Whoever waits asks many times a second: most requests have nothing to tell.
  if (
    record === undefined ||
    record.closed !== null ||
    state.cancel !== null ||
    !hasNotices(record.content)
  ) {
    return null;
  }
  const { people } = inForce.rules;
  const tally = tallyInRun(state, record, { people, nowMs: session.nowMs() });
  const missing = missingOf(tally).map(({ slot }) => slot);
  return { content: record.content, missing, told: record.reminded ?? [] };
}
