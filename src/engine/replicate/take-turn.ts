import { formatTime } from '../../base/clock.ts';
import { isProcessAlive } from '../../base/process.ts';
import type { Sink } from '../../sinks/sink.ts';
import type { Holder } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { describeSelf } from '../hold.ts';
import { sleep } from '../sleep.ts';

/** One process, and in it one caller, talks to a sink at a time. */
export interface Turn {
  /** Says that we are still at it. */
  keep(): Promise<void>;
  end(): Promise<void>;
}

/** Sinks that somebody in this process talks to: the store's hold does not tell us from ourselves. */
const busy = new WeakSet<Sink>();

const pollMs = 50;

/**
 * A turn is kept at every delivery, and no delivery takes that long. Two that talk to a sink at once send
 * something twice, which harms nobody; one that nobody can take over from would end all copies.
 */
const staleMs = 120_000;

/**
 * Waits for the turn at a sink. Null where it need not be ours any more: `isDone`, asked while we wait, says
 * that whoever has it got far enough, or `signal` aborted.
 */
export async function takeTurn(
  engine: Engine,
  sink: Sink,
  of: { readonly signal: AbortSignal; readonly isDone: () => Promise<boolean> },
): Promise<Turn | null> {
  for (;;) {
    const turn = await tryTurn(engine, sink);
    if (turn !== null) {
      return turn;
    }
    await sleep(pollMs, of.signal);
    if (of.signal.aborted || (await of.isDone())) {
      return null;
    }
  }
}

async function tryTurn(engine: Engine, sink: Sink): Promise<Turn | null> {
  if (busy.has(sink)) {
    return null;
  }
  busy.add(sink);
  const held = `sink:${sink.name}` as const;
  const { store } = engine;
  const take = async (): Promise<Holder | null> => {
    const now = engine.clock.now().wallMs;
    const isAlive = (other: Holder): boolean =>
      isProcessAlive(other) && Math.abs(now - Date.parse(other.since)) < staleMs;
    return store.takeHold(held, { ...describeSelf(engine), since: formatTime(now) }, isAlive);
  };
  const end = async (): Promise<void> => {
    busy.delete(sink);
    await store.releaseHold(held, describeSelf(engine));
  };
  try {
    if ((await take()) !== null) {
      busy.delete(sink);
      return null;
    }
  } catch (error) {
    busy.delete(sink);
    throw error;
  }
  return {
    keep: async () => {
      await take();
    },
    end,
  };
}
