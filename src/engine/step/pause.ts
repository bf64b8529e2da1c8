import type { Due } from '../../run/next.ts';
import type { DriveOptions } from '../service.ts';
import type { Session } from '../session.ts';
import { sleep } from '../sleep.ts';
import { awaitDecision } from './await-decision.ts';
import { lookOut } from './look-out.ts';
import { nextReminderMs, remind } from './remind.ts';

/** What only a person, or time, can move. */
export type Pause = Extract<Due, { kind: 'delay' | 'await' | 'await_manual' | 'scheduled' }>;

/** Where a run was left; null where it moved and is to be looked at again. */
export type Paused = { readonly kind: 'waiting'; readonly untilMs: number | null } | null;

/** Nothing to do for now. Whoever has others to drive does not `stay`; everybody else waits here. */
export async function pause(
  session: Session,
  due: Pause,
  { stay, ...options }: DriveOptions & { readonly stay: boolean },
): Promise<Paused> {
  if (due.kind === 'await' && (await remind(session, due.request.content.id))) {
    return null;
  }
  const left = { kind: 'waiting', untilMs: pausedUntil(session, due) } as const;
  if (!stay) {
    return left;
  }
  switch (due.kind) {
    case 'await':
      return (await awaitDecision(session, due, options)) === 'changed' ? null : left;
    case 'await_manual':
    case 'scheduled':
      return (await lookOut(session, { dueMs: due.untilMs }, options)) === 'changed' ? null : left;
    case 'delay': {
      const ms = due.untilMs - session.nowMs();
      session.listener.delayed(due.step.id, ms);
      await sleep(ms, options.signal);
      await session.refresh();
      return null;
    }
  }
}

function pausedUntil(session: Session, due: Pause): number | null {
  if (due.kind !== 'await') {
    return due.untilMs;
  }
  const { id, limits } = due.request.content;
  const expiresMs = Date.parse(limits.pending_until);
  return Math.min(expiresMs, nextReminderMs(session, id) ?? expiresMs);
}
