import type { RunId } from '../base/ids.ts';
import { isProcessAlive } from '../base/process.ts';
import type { Engine } from './engine.ts';
import { reportRun } from './report-run.ts';
import type { RunReport, RunStatus } from './reports.ts';
import { sleep } from './wait.ts';

const pollMs = 250;

/**
 * Follows a run until it ends, time is up, or waiting on will not move it: a person must settle or resume
 * it, or it is approved and nobody is there to go on.
 */
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
  while (!report.terminal && !(await needsCaller(engine, report))) {
    if (until.signal.aborted || engine.clock.now().wallMs >= deadline) {
      break;
    }
    await sleep(pollMs, until.signal);
    report = await reportRun(engine, run);
  }
  return report;
}

async function needsCaller(engine: Engine, report: RunReport): Promise<boolean> {
  if (stuck.has(report.status)) {
    return true;
  }
  const approved = report.status === 'waiting' && report.requests.length === 0;
  return approved && !(await isDriven(engine, report.run));
}

const stuck: ReadonlySet<RunStatus> = new Set(['unknown', 'expired', 'rejected', 'denied']);

async function isDriven(engine: Engine, run: RunId): Promise<boolean> {
  const holder = await engine.store.getHold(run);
  return holder !== null && isProcessAlive(holder);
}
