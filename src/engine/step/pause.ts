import type { Due } from '../../run/next.ts';
import type { DriveOptions } from '../service.ts';
import type { Session } from '../session.ts';
import { sleep } from '../sleep.ts';
import { awaitDecision } from './await-decision.ts';
import { lookOut } from './look-out.ts';

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
  const left = { kind: 'waiting', untilMs: pausedUntil(due) } as const;
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

function pausedUntil(due: Pause): number | null {
  return due.kind === 'await' ? Date.parse(due.request.content.limits.pending_until) : due.untilMs;
}
