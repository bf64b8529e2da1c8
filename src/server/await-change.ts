import type { RunId } from '../base/ids.ts';
import type { RunReport, RunStatus } from '../engine/reports.ts';
import type { Service } from '../engine/service.ts';
import type { Call } from './route.ts';
import { monotonicMs } from './site.ts';
import { openWake, ringOnAbort } from './wake.ts';

/**
 * A run as it stands, at once or after `waitMs` at most: as soon as it has more than `version` entries, has
 * ended, or stands where only somebody can move it. Ends early where the caller hung up or the server stops.
 */
export async function awaitChange(
  { service, site, context }: Call,
  run: RunId,
  { waitMs, version }: { readonly waitMs: number; readonly version: number },
): Promise<{ readonly report: RunReport; readonly version: number }> {
  const wake = openWake();
  const over = [site.stopping, context.req.raw.signal];
  const deadline = monotonicMs(site.clock) + waitMs;
  const silence = ringOnAbort(wake, over);
  const leave = site.office.feed.follow({
    recorded: (entry) => {
      if (entry.run === run) {
        wake.ring();
      }
    },
  });
  try {
    for (;;) {
      const { report, entries } = await readRun(service, run);
      const leftMs = deadline - monotonicMs(site.clock);
      const done = entries > version || isSettled(report) || over.some(({ aborted }) => aborted);
      if (done || leftMs <= 0) {
        return { report, version: entries };
      }
      await wake.rest(Math.min(leftMs, untilExpiryMs(report, site.clock.now().wallMs)));
    }
  } finally {
    leave();
    silence();
  }
}

/** The report of exactly so many entries: one that came in between is read again. */
async function readRun(
  service: Service,
  run: RunId,
): Promise<{ readonly report: RunReport; readonly entries: number }> {
  let entries = (await service.events(run, 0)).length;
  for (;;) {
    const report = await service.status(run);
    const since = (await service.events(run, entries)).length;
    if (since === 0) {
      return { report, entries };
    }
    entries += since;
  }
}

function isSettled({ terminal, status }: RunReport): boolean {
  return terminal || stuck.has(status);
}

const stuck: ReadonlySet<RunStatus> = new Set(['unknown', 'expired', 'rejected', 'denied']);

/** That a request expires is no entry, until somebody records it. */
function untilExpiryMs({ requests }: RunReport, nowMs: number): number {
  const ends = requests.map(({ expires_at }) => Date.parse(expires_at) - nowMs);
  return Math.max(100, Math.min(...ends));
}
