import { isProcessAlive } from '../base/process.ts';
import type { Reception } from '../channels/channel.ts';
import { backOffMs } from './back-off.ts';
import type { Engine } from './engine.ts';
import { JournalFeed } from './feed.ts';
import { openFront } from './front.ts';
import { describeSelf } from './hold.ts';
import { sleep } from './wait.ts';

/** How often it is asked whether the store's receiver is gone. */
const pollMs = 1000;
/** How long a process that goes away lets its receptions show what is open. */
const tellMs = 5000;

/**
 * Serves the store's receptions until `signal` aborts: as soon as no other living process does. One that
 * fails is attended again, later each time.
 */
export async function attendReceptions(
  engine: Engine,
  of: {
    readonly feed: JournalFeed;
    readonly url: string | null;
    readonly signal: AbortSignal;
    readonly onTrouble?: (reception: string, error: unknown) => void;
  },
): Promise<void> {
  const { signal } = of;
  while (engine.receptions.length > 0 && !signal.aborted) {
    const received = await holding(engine, () =>
      Promise.all(engine.receptions.map((reception) => attendOne(engine, reception, of))),
    ).catch((error: unknown) => {
      // A full disk, a busy journal: whoever waits at a gate waits on.
      of.onTrouble?.('reception', error);
      return false;
    });
    if (!received) {
      await sleep(pollMs, signal);
    }
  }
}

/** Lets the receptions show what is open, where nobody else does; a bounded time, and whatever becomes of it. */
export async function tellReceptions(engine: Engine): Promise<void> {
  if (engine.receptions.length === 0) {
    return;
  }
  const feed = new JournalFeed(engine.store);
  const over = new AbortController();
  const telling = holding(engine, () =>
    Promise.allSettled(
      engine.receptions.map((reception) => {
        const front = openFront(engine, reception, { feed, receives: false, url: null });
        return reception.tell(front, over.signal);
      }),
    ),
  ).catch(() => false);
  await Promise.race([telling, sleep(tellMs, over.signal)]);
  over.abort();
  feed.close();
}

/** Does it as the store's one receiver. False where another living process is. */
async function holding(engine: Engine, work: () => Promise<unknown>): Promise<boolean> {
  const holder = describeSelf(engine);
  const other = await engine.store.takeHold('reception', holder, isProcessAlive);
  if (other !== null) {
    return false;
  }
  try {
    await work();
  } finally {
    await engine.store.releaseHold('reception', holder);
  }
  return true;
}

async function attendOne(
  engine: Engine,
  reception: Reception,
  { feed, url, signal, onTrouble }: Parameters<typeof attendReceptions>[1],
): Promise<void> {
  const front = openFront(engine, reception, { feed, receives: true, url });
  for (let failures = 1; !signal.aborted; failures += 1) {
    await reception.attend(front, signal).catch((error: unknown) => {
      onTrouble?.(reception.name, error);
    });
    await sleep(signal.aborted ? 0 : backOffMs(failures), signal);
  }
}
