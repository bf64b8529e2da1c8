import { isProcessAlive } from '../../base/process.ts';
import type { Reception } from '../../channels/channel.ts';
import type { Engine } from '../engine.ts';
import { describeSelf, isSelf } from '../hold.ts';
import { sleep } from '../sleep.ts';
import { backOffMs } from './back-off.ts';
import { JournalFeed } from './feed.ts';
import { openFront } from './front.ts';
import { warningOfRefusals } from './warn-of-refusals.ts';

/** How often it is asked whether the store's receiver is gone, or a server came. */
const pollMs = 1000;
/** How long a process that goes away lets its receptions show what is open. */
const tellMs = 5000;
/** How long a reception that is let go may still be at it: whoever waits must not wait for a chat that hangs. */
const leaveMs = 1000;

/**
 * Serves the store's receptions until `signal` aborts: as soon as no other living process does, and
 * outside a server only while none lives, since a server alone is reached from outside. One that fails is
 * attended again, later each time. Resolves soon after `signal` aborts, whatever the other side does.
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
    const received = await holding(engine, () => attendAll(engine, of)).catch((error: unknown) => {
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
export async function tellReceptions(
  engine: Engine,
  receptions: readonly Reception[] = engine.receptions,
): Promise<void> {
  if (receptions.length === 0) {
    return;
  }
  const feed = new JournalFeed(engine.store);
  const over = new AbortController();
  const telling = holding(engine, () =>
    Promise.allSettled(
      receptions.map((reception) => {
        const front = openFront(engine, reception, { feed, receives: false, url: null });
        return reception.tell(warningOfRefusals(engine, front), over.signal);
      }),
    ),
  ).catch(() => false);
  await Promise.race([telling, sleep(tellMs, over.signal)]);
  over.abort();
  feed.close();
}

/** Lets those that reach nothing beyond this machine show how a run was left. Never throws: it is only shown. */
export async function tellLocally(engine: Engine): Promise<void> {
  try {
    await tellReceptions(
      engine,
      engine.receptions.filter(({ local }) => local === true),
    );
  } catch {
    // A configuration that broke meanwhile, a full disk: the run's own outcome is what counts.
  }
}

/** Does it as the store's one receiver. False where another living process is, or is to be. */
async function holding(engine: Engine, work: () => Promise<unknown>): Promise<boolean> {
  if (await isServedElsewhere(engine)) {
    return false;
  }
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

async function isServedElsewhere(engine: Engine): Promise<boolean> {
  const server = await engine.store.getHold('serve');
  return server !== null && !isSelf(engine, server) && isProcessAlive(server);
}

type Attendance = Parameters<typeof attendReceptions>[1];

/** Until `signal` aborts, or a server comes that is to have them. */
async function attendAll(engine: Engine, of: Attendance): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([of.signal, over.signal]);
  const leave = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(pollMs, signal);
      // A journal that is busy just now is asked again.
      if (await isServedElsewhere(engine).catch(() => false)) {
        over.abort();
      }
    }
  };
  const attended = engine.receptions.map((each) => attendOne(engine, each, { ...of, signal }));
  await Promise.all([...attended, leave()]);
}

async function attendOne(
  engine: Engine,
  reception: Reception,
  { feed, url, signal, onTrouble }: Attendance,
): Promise<void> {
  const front = openFront(engine, reception, { feed, receives: true, url });
  const gone = new AbortController();
  const late = leftAlone(signal, gone.signal);
  for (let failures = 1; !signal.aborted; failures += 1) {
    const attended = reception.attend(front, signal).catch((error: unknown) => {
      onTrouble?.(reception.name, error);
    });
    await Promise.race([attended, late]);
    await sleep(signal.aborted ? 0 : backOffMs(failures), signal);
  }
  gone.abort();
}

/** Resolves `leaveMs` after `signal` aborted, or once nobody waits for it. */
async function leftAlone(signal: AbortSignal, gone: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await sleep(leaveMs, gone);
}
