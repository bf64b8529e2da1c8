import type { RunId } from '../../base/ids.ts';
import type { Engine } from '../engine.ts';
import { describeRequest } from '../report/describe-request.ts';
import { reportRun } from '../report/report-run.ts';
import type { RunReport } from '../reports.ts';
import type { DriveOptions } from '../service.ts';
import type { JournalFeed } from './feed.ts';
import { watchFeed } from './watch-feed.ts';

/**
 * What `drive` is where the office drives: tells the listener what happens, and comes back where a driver
 * would. An abort leaves; the run goes on.
 */
export async function followRun(
  engine: Engine,
  { run, feed }: { readonly run: RunId; readonly feed: JournalFeed },
  options: DriveOptions,
): Promise<RunReport> {
  const { listener, signal } = options;
  const watch = watchFeed(feed, (entry) => entry.run === run);
  const leave = feed.follow({
    recorded: (entry) => {
      if (entry.run === run) {
        listener.recorded(entry);
      }
    },
    output: (of, { step, stream, chunk }) => {
      if (of === run) {
        listener.output(step, stream, chunk);
      }
    },
  });
  const gate: Gate = { shown: null, untilMs: Number.POSITIVE_INFINITY };
  try {
    let report = await reportRun(engine, run);
    while (!signal.aborted && !(await isOver(engine, { report, gate }, options))) {
      await watch.changed(signal, followMs);
      report = await reportRun(engine, run);
    }
    return report;
  } finally {
    watch.close();
    leave();
  }
}

/** A request also expires without an entry. */
const followMs = 1000;

interface Gate {
  /** The request that the listener was told of. */
  shown: string | null;
  untilMs: number;
}

async function isOver(
  engine: Engine,
  { report, gate }: { readonly report: RunReport; readonly gate: Gate },
  { wait, listener }: DriveOptions,
): Promise<boolean> {
  const [open] = report.requests;
  if (report.terminal || report.status === 'unknown' || report.status === 'expired') {
    return true;
  }
  if (report.status !== 'waiting' || open === undefined) {
    return false;
  }
  const nowMs = engine.clock.now().wallMs;
  if (gate.shown !== open.request) {
    gate.shown = open.request;
    gate.untilMs = nowMs + (typeof wait === 'object' ? wait.ms : Number.POSITIVE_INFINITY);
    listener.waiting(await describeRequest(engine, open.request));
  }
  return wait === 'stop' || nowMs >= gate.untilMs;
}
