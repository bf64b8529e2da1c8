import type { RemoteDemand } from '../../policy/policy.ts';
import { coverStart } from '../replicate/before-start.ts';
import type { Session } from '../session.ts';
import { notStarted, stepEventId } from './attempt-events.ts';
import type { Begun, Execution } from './start-attempt.ts';

/**
 * A recorded start that as many copies as demanded have is a spawn; any other has failed before anything
 * ran. A crash meanwhile leaves it unknown, which nobody takes for success.
 */
export async function coverAttempt(
  session: Session,
  execution: Execution,
  of: { readonly remote: RemoteDemand; readonly size: number },
): Promise<Begun> {
  const covered = await coverStart(session.engine, of.remote, of.size);
  if (covered.kind === 'covered') {
    return { kind: 'run', execution: { ...execution, copies: covered.copies } };
  }
  const event = notStarted(execution, { reason: covered.reason, failure: 'start' });
  while ((await session.commit(stepEventId(event), [event], { closing: true })) === null) {
    // On top of whatever others committed: nothing ran, whatever they say.
  }
  return { kind: 'again' };
}
