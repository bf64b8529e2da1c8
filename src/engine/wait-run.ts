import type { RunId } from '../base/ids.ts';
import type { Engine } from './engine.ts';
import { findDriver, isServed } from './hold.ts';
import { reportRun } from './report/report-run.ts';
import type { RunReport, RunStatus } from './reports.ts';
import { sleep } from './sleep.ts';

const pollMs = 250;

export interface Until {
  /** Null waits as long as it takes. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
  /** Whoever would drive the run cannot: its secrets are gone. */
  readonly isLost?: () => boolean;
  /** Whoever asks will drive it, though no hold says so yet. */
  readonly isTended?: () => boolean;
  /** Resolves when it is time to look again: who is told of entries needs no polling. */
  readonly pause?: (signal: AbortSignal, atMostMs: number) => Promise<void>;
}

/**
 * Follows a run until it ends, time is up, or waiting on will not move it: a person must settle or resume
 * it, or somebody would have to go on with it and nobody is there.
 */
export async function waitRun(engine: Engine, run: RunId, until: Until): Promise<RunReport> {
  const { timeoutMs, signal, pause = (over, ms) => sleep(Math.min(ms, pollMs), over) } = until;
  const deadline = (timeoutMs ?? Number.POSITIVE_INFINITY) + engine.clock.now().wallMs;
  const served = await isServed(engine, run);
  const isDriven = async () =>
    until.isLost?.() !== true &&
    (until.isTended?.() === true || (await findDriver(engine, { run, served })) !== null);
  let report = await reportRun(engine, run);
  while (!report.terminal && !(await needsCaller(report, isDriven))) {
    const leftMs = deadline - engine.clock.now().wallMs;
    if (signal.aborted || leftMs <= 0) {
      break;
    }
    await pause(signal, leftMs);
    report = await reportRun(engine, run);
  }
  return report;
}

async function needsCaller(report: RunReport, isDriven: () => Promise<boolean>): Promise<boolean> {
  const { status, requests } = report;
  if (status === 'unknown' || status === 'expired') {
    return true;
  }
  const waits = requests.length > 0 || report.manual !== undefined;
  const approved = status === 'waiting' && !waits;
  return (approved || wasDone(report) || refused.has(status)) && !(await isDriven());
}

/** A person has just done their step, and somebody has to go on from there. */
function wasDone({ status, steps }: RunReport): boolean {
  const begun = steps.filter((step) => step.attempt > 0);
  return status === 'running' && begun.at(-1)?.done_by !== undefined;
}

/** A no that nobody has acted on yet: the run's end is still to come. */
const refused: ReadonlySet<RunStatus> = new Set(['rejected', 'denied']);
