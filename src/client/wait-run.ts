import type { RunReport, RunStatus } from '../engine/reports.ts';
import { runReport } from '../engine/wire/runs.ts';
import { type Connection, pathOf } from './connection.ts';

export interface WaitUntil {
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
}

/**
 * Waits by bounded questions until the run ends, time is up, or waiting on will not move it. An abort
 * answers with what was seen last.
 */
export async function waitForRun(
  connection: Connection,
  name: string,
  { timeoutMs, signal }: WaitUntil,
): Promise<RunReport> {
  const { pace } = connection;
  const deadlineMs = timeoutMs === null ? Number.POSITIVE_INFINITY : pace.nowMs() + timeoutMs;
  let seen = await connection.callVersioned({ path: pathOf('runs', name), answer: runReport });
  while (!seen.value.terminal && !stuck.has(seen.value.status) && !signal.aborted) {
    const leftMs = deadlineMs - pace.nowMs();
    if (leftMs <= 0) {
      break;
    }
    const asked = { ...seen, signal, seconds: Math.min(longestSeconds, Math.ceil(leftMs / 1000)) };
    const next = await askWhenMoved(connection, asked);
    const isSame = next.version === seen.version;
    seen = next;
    if (isSame && isApproved(seen.value)) {
      break;
    }
    await pace.pause(isSame && next.early ? betweenMs : 0, signal);
  }
  return seen.value;
}

interface Seen {
  readonly value: RunReport;
  readonly version: number;
}

/** By its id, whatever name it was called by: `latest` may soon be another one. */
async function askWhenMoved(
  connection: Connection,
  seen: Seen & { readonly seconds: number; readonly signal: AbortSignal },
): Promise<Seen & { readonly early: boolean }> {
  const { seconds, version, signal } = seen;
  const askedMs = connection.pace.nowMs();
  try {
    const answer = await connection.callVersioned({
      path: pathOf('runs', seen.value.run),
      query: { wait: seconds, version },
      answer: runReport,
      timeoutMs: (seconds + 15) * 1000,
      signal,
    });
    return { ...answer, early: connection.pace.nowMs() - askedMs < seconds * 1000 - 500 };
  } catch (error) {
    if (signal.aborted) {
      return { ...seen, early: false };
    }
    throw error;
  }
}

/** It should go on by itself; where it does not for as long as a question takes, nobody drives it. */
function isApproved({ status, requests, manual, starts_at }: RunReport): boolean {
  const waits = requests.length > 0 || manual !== undefined || starts_at !== undefined;
  return status === 'waiting' && !waits;
}

const stuck: ReadonlySet<RunStatus> = new Set(['unknown', 'expired', 'rejected', 'denied']);
const longestSeconds = 50;
const betweenMs = 2000;
