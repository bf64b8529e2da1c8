import type { RunId } from '../../base/ids.ts';
import type { Event } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { findDriver } from '../hold.ts';

/** A run that an earlier office left to the next. */
export interface LeftRun {
  readonly run: RunId;
  /** Secrets that it was given and would need to go on, which went with that process: `params.token`. */
  readonly lost: readonly string[];
}

/**
 * What an office takes up when it begins: every run of the API, and of this machine's runs those that were
 * cancelled or resumed through the API and that nobody drives.
 */
export async function leftRuns(engine: Engine): Promise<readonly LeftRun[]> {
  const left: LeftRun[] = [];
  for (const { run } of await engine.store.listServed()) {
    left.push({ run, lost: lostBy(await eventsOf(engine, run)) });
  }
  for (const { run } of await engine.store.listMoved()) {
    const events = await eventsOf(engine, run);
    const driver = await findDriver(engine, { run, served: false });
    if (driver === null && (isCancelled(events) || isResumedByToken(events))) {
      left.push({ run, lost: lostBy(events) });
    }
  }
  return left;
}

/** None of what cannot be read: what is wrong with it is for the drive to say. */
async function eventsOf({ store }: Engine, run: RunId): Promise<readonly Event[]> {
  try {
    return (await store.loadRun(run)).map((stored) => recordedOf(stored).event);
  } catch {
    return [];
  }
}

/** A cancelled run only ends, and needs nothing for that. */
function lostBy(events: readonly Event[]): readonly string[] {
  const [first] = events;
  return first?.type === 'run.started' && !isCancelled(events)
    ? Object.keys(first.data.secrets)
    : [];
}

function isCancelled(events: readonly Event[]): boolean {
  return events.some(({ type }) => type === 'run.cancel_requested');
}

function isResumedByToken(events: readonly Event[]): boolean {
  const last = events.findLast((event) => event.type === 'run.resumed');
  return last?.data.links.some(({ identity }) => identity.startsWith('token:')) === true;
}
