import { formatTime } from '../base/clock.ts';
import { HeldError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import { describeProcess, isProcessAlive } from '../base/process.ts';
import { recordedOf } from '../run/recorded.ts';
import type { Holder } from '../store/store.ts';
import type { Engine } from './engine.ts';

/** This very process, as a hold names it. */
export function describeSelf(engine: Engine): Holder {
  const { boot, wallMs } = engine.clock.now();
  return {
    host: engine.host,
    pid: process.pid,
    boot,
    startTime: describeProcess(process.pid) ?? '',
    since: formatTime(wallMs),
  };
}

export function isSelf(engine: Engine, { host, pid, startTime }: Holder): boolean {
  return host === engine.host && pid === process.pid && startTime === describeProcess(process.pid);
}

/**
 * Who drives a run, or would before anybody else: the process that holds it; for a run of the API the
 * server, as long as it lives, even while the run waits. Null where nobody does.
 */
export async function findDriver(
  engine: Engine,
  of: { readonly run: RunId; readonly served: boolean },
): Promise<Holder | null> {
  for (const held of of.served ? (['serve', of.run] as const) : [of.run]) {
    const holder = await engine.store.getHold(held);
    if (holder !== null && isProcessAlive(holder)) {
      return holder;
    }
  }
  return null;
}

/** Whether the run was started through the API, by what the index has for its first entry. */
export async function isServed(engine: Engine, run: RunId): Promise<boolean> {
  const [first] = await engine.store.loadRun(run);
  const event = first === undefined ? null : recordedOf(first).event;
  return event?.type === 'run.started' && event.data.via === 'api';
}

export function runHeld(run: RunId, { pid, host, since }: Holder): HeldError {
  return new HeldError({
    code: 'run_held',
    message: `run \`${run}\` is driven by process ${pid} on ${host} since ${since}`,
    hint: `\`runbook wait ${run}\` follows it, \`runbook cancel ${run}\` stops it`,
  });
}
