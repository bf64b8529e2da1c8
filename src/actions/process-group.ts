import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;

/**
 * Ends everything in the process group: SIGTERM, up to `graceMs` for all of its members to go, then
 * SIGKILL for the rest. A member that moved to a session of its own (`setsid`) is no longer in the
 * group and lives on; it still carries RUNBOOK_ATTEMPT.
 */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  signalGroup(group, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < graceMs && signalGroup(group, 0); waitedMs += pollMs) {
    await sleep(pollMs);
  }
  signalGroup(group, 'SIGKILL');
}

/** False where nobody is left in the group. A member we may not signal (EPERM, as under `sudo`) is still there. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
