import type { DriveOptions } from '../service.ts';
import type { Session } from '../session.ts';
import { sleep } from '../sleep.ts';

const pollMs = 100;

export interface LookOut {
  /** From here on the run goes on by itself; null: only somebody else can move it. */
  readonly dueMs: number | null;
  /** Done at each look, by whoever waits. True where it found that the run has moved. */
  readonly meanwhile?: () => Promise<boolean>;
}

/**
 * Waits until the run may go on: something was recorded, by whichever process, or it is time. `stop`: the
 * caller waits no longer, and everything stays as it is.
 */
export async function lookOut(
  session: Session,
  { dueMs, meanwhile = () => Promise.resolve(false) }: LookOut,
  { wait, signal }: DriveOptions,
): Promise<'changed' | 'stop'> {
  const patientMs = typeof wait === 'object' ? session.nowMs() + wait.ms : null;
  if (wait === 'stop') {
    return 'stop';
  }
  while (!signal.aborted) {
    const before = session.state.version;
    await session.refresh();
    const nowMs = session.nowMs();
    if (session.state.version !== before || isReached(dueMs, nowMs) || (await meanwhile())) {
      return 'changed';
    }
    if (isReached(patientMs, nowMs)) {
      return 'stop';
    }
    await sleep(pollMs, signal);
  }
  return 'stop';
}

function isReached(atMs: number | null, nowMs: number): boolean {
  return atMs !== null && nowMs >= atMs;
}
