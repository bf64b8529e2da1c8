import type { Event } from '../../run/events.ts';
import type { Due } from '../../run/next.ts';
import type { Session } from '../session.ts';

type Known = Extract<Due, { kind: 'expire' | 'skip' | 'finish' }>;

/** What is known already, and only needs to be said. */
export async function recordDue(session: Session, due: Known): Promise<void> {
  const [commandId, event] = entryOf(due);
  await session.commit(commandId, [event], { closing: true });
}

function entryOf(due: Known): readonly [commandId: string, event: Event] {
  switch (due.kind) {
    case 'expire': {
      const request = due.request.content.id;
      const data = { request, which: due.which };
      return [`expire.${request}`, { type: 'approval.expired', data }];
    }
    case 'skip': {
      const data = { step: due.step.id, why: due.why };
      return [`step.skipped.${due.step.id}`, { type: 'step.skipped', data }];
    }
    case 'finish':
      return ['run.finished', { type: 'run.finished', data: due.result }];
  }
}
