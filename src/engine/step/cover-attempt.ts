import type { RemoteDemand } from '../../policy/policy.ts';
import { countingSinks } from '../../policy/remote.ts';
import type { SignedHead } from '../../sinks/sink.ts';
import { coverStart, type Wait } from '../replicate/before-start.ts';
import type { Session } from '../session.ts';
import { notStarted, stepEventId } from './attempt-events.ts';
import type { Begun, Execution } from './start-attempt.ts';

/** The sinks that count by the configuration that the start is recorded under: an audit asks the same. */
export function copiesOf({ inForce, stop }: Session): Omit<Wait, 'demand'> {
  return { counting: countingSinks(inForce.trusted.config.value.sinks), stop };
}

/**
 * A recorded start that as many copies as demanded have is a spawn; any other has failed before anything
 * ran. A crash meanwhile leaves it unknown, which nobody takes for success.
 */
export async function coverAttempt(
  session: Session,
  execution: Execution,
  of: { readonly remote: RemoteDemand; readonly head: SignedHead },
): Promise<Begun> {
  const wait = { demand: of.remote, ...copiesOf(session) };
  const covered = await coverStart(session.engine, wait, of.head);
  if (covered.kind === 'covered') {
    return { kind: 'run', execution: { ...execution, copies: covered.copies } };
  }
  const event = notStarted(execution, { reason: covered.reason, failure: 'start' });
  while ((await session.commit(stepEventId(event), [event], { closing: true })) === null) {
    // On top of whatever others committed: nothing ran, whatever they say.
  }
  return { kind: 'again' };
}
