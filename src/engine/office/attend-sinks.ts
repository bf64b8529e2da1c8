import type { Sink } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import type { Feed } from '../office.ts';
import { syncSafely } from '../replicate/sync-all.ts';
import { pauseMs } from '../replicate/sync-sink.ts';
import { sleep } from '../sleep.ts';
import { watchFeed } from './watch-feed.ts';

/** Entries come in bursts: a sink is told of all of them at once, a moment later. */
const gatherMs = 250;
/** A quiet journal is looked at again by then: its hold may have been another process's. */
const patienceMs = 60_000;

/**
 * Keeps every sink up to date until `signal` aborts, each on its own: what is committed, by whichever
 * process, follows the feed out. One that gives trouble is tried again, later each time.
 */
export async function attendSinks(
  engine: Engine,
  of: {
    readonly feed: Pick<Feed, 'follow'>;
    readonly signal: AbortSignal;
    readonly onTrouble: (sink: string, error: unknown) => void;
    /** Told after every try how many entries a sink lacks. */
    readonly onStanding: (sink: string, behind: number) => void;
  },
): Promise<void> {
  await Promise.all(engine.sinks.map((sink) => attendSink(engine, sink, of)));
}

async function attendSink(
  engine: Engine,
  sink: Sink,
  { feed, signal, onTrouble, onStanding }: Parameters<typeof attendSinks>[1],
): Promise<void> {
  const watch = watchFeed(
    feed,
    ({ event }) => sink.wants === 'head' || event.type === 'run.finished',
  );
  for (let failures = 0; !signal.aborted; ) {
    const trouble = await follow(engine, sink, { signal, onStanding });
    if (signal.aborted) {
      break;
    }
    failures = trouble === null ? 0 : failures + 1;
    if (trouble === null) {
      await watch.changed(signal, patienceMs);
      await sleep(gatherMs, signal);
    } else {
      onTrouble(`sink ${sink.name}`, trouble);
      await sleep(pauseMs(failures), signal);
    }
  }
  watch.close();
}

/** Up to the newest head; what went wrong, or null. Never throws. */
async function follow(
  engine: Engine,
  sink: Sink,
  of: Pick<Parameters<typeof attendSinks>[1], 'signal' | 'onStanding'>,
): Promise<unknown> {
  try {
    const { size: to } = await engine.store.head();
    const goal = { to, confirm: false, signal: of.signal, retry: null };
    const { cursor, trouble } = await syncSafely(engine, sink, goal);
    of.onStanding(sink.name, Math.max(0, to - cursor.size));
    return trouble;
  } catch (error) {
    return error;
  }
}
