import type { RunId } from '../base/ids.ts';
import type { Engine } from './engine.ts';
import { reportRun } from './report-run.ts';
import type { RunReport, RunStatus } from './reports.ts';
import { sleep } from './wait.ts';

const pollMs = 250;

/** Waiting on will not move these: a person must resume or settle the run. */
const needsSomebody: ReadonlySet<RunStatus> = new Set(['unknown', 'expired', 'rejected', 'denied']);

/** Follows a run that somebody else drives, until it ends, its process stops waiting, or time is up. */
export async function waitRun(
  engine: Engine,
  run: RunId,
  until: { readonly timeoutMs: number | null; readonly signal: AbortSignal },
): Promise<RunReport> {
  const deadline =
    until.timeoutMs === null
      ? Number.POSITIVE_INFINITY
      : engine.clock.now().wallMs + until.timeoutMs;
  let report = await reportRun(engine, run);
  while (!report.terminal && !needsSomebody.has(report.status)) {
    if (until.signal.aborted || engine.clock.now().wallMs >= deadline) {
      break;
    }
    // oxlint-disable-next-line no-await-in-loop -- a poll
    await sleep(pollMs, until.signal);
    // oxlint-disable-next-line no-await-in-loop -- a poll
    report = await reportRun(engine, run);
  }
  return report;
}
