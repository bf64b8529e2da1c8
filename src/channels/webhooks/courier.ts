import { randomInt } from 'node:crypto';
import { formatTime } from '../../base/clock.ts';
import type { Front, JournalEntry } from '../channel.ts';
import { delayMs } from './backoff.ts';
import { begin, type Cursor, keepCursor, keepGone } from './cursor.ts';
import { covers } from './event-types.ts';
import { messageOf } from './payload.ts';
import { openPost } from './post.ts';
import { type Sending, type SendTools, sendSigned } from './send-signed.ts';
import type { Endpoint } from './settings.ts';

/** Serves one endpoint alone, so that a slow one keeps nobody else waiting. */
export interface Courier {
  readonly endpoint: Endpoint;
  /**
   * Delivers what is due, in order, and then what comes, until `signal` aborts or there is nobody to
   * deliver to; with `once` until nothing is due, or the first failure. Never throws.
   */
  serve(front: Front, signal: AbortSignal, once?: 'once'): Promise<void>;
  standing(): Standing;
}

export interface Standing {
  readonly state:
    | { readonly kind: 'idle' }
    | { readonly kind: 'serving' }
    | { readonly kind: 'failing'; readonly since: string; readonly message: string }
    | { readonly kind: 'gone' }
    | { readonly kind: 'rolled_back' };
  /** Entries not delivered yet, those it did not ask for among them, as of the last attempt. */
  readonly backlog: number;
}

export interface CourierTools extends SendTools {
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** Before the next attempt; resolves soon where `signal` aborts, and never throws. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const batch = 100;

export function openCourier(endpoint: Endpoint, tools: CourierTools): Courier {
  const progress: Progress = { standing: { state: { kind: 'idle' }, backlog: 0 } };
  return {
    endpoint,
    standing: () => progress.standing,
    async serve(front, signal, once) {
      const post = await openPost(endpoint, tools.timeoutMs);
      const round = { endpoint, tools, progress, front, signal, once: once === 'once', post };
      try {
        await work(round);
      } finally {
        await post.close();
      }
    },
  };
}

/** What outlives a round. */
interface Progress {
  standing: Standing;
}

interface Round extends Omit<Sending, 'nowMs'> {
  readonly tools: CourierTools;
  readonly progress: Progress;
  readonly front: Front;
  readonly once: boolean;
}

/** A journal that is busy or full for a while is no reason to stop telling of it. */
async function work(round: Round): Promise<void> {
  for (let failures = 1; !round.signal.aborted; failures += 1) {
    try {
      await follow(round);
      return;
    } catch (error) {
      await wait(round, failures, {
        message: `the journal: ${error instanceof Error ? error.message : String(error)}`,
        backlog: round.progress.standing.backlog,
      });
      if (round.once) {
        return;
      }
    }
  }
}

async function follow(round: Round): Promise<void> {
  const { endpoint, front, signal, progress } = round;
  const beginning = await begin(endpoint, front, signal);
  if (beginning.kind !== 'cursor') {
    progress.standing = { state: beginning, backlog: 0 };
    return;
  }
  let { cursor } = beginning;
  while (!signal.aborted) {
    const entries = await front.entries(cursor.next, batch);
    const passed = await deliverAll(round, entries, cursor);
    if (passed === null) {
      return;
    }
    cursor = passed;
    if (entries.length < batch) {
      progress.standing = { state: { kind: 'serving' }, backlog: 0 };
      if (round.once) {
        return;
      }
      await front.grown(cursor.next, signal);
    }
  }
}

/** Where the cursor then stands; null where this round is over. */
async function deliverAll(
  round: Round,
  entries: readonly JournalEntry[],
  start: Cursor,
): Promise<Cursor | null> {
  const { endpoint, front } = round;
  let cursor = start;
  for (const entry of entries) {
    const isWanted = wants(endpoint, entry);
    if (isWanted && !(await deliver(round, entry))) {
      return null;
    }
    cursor = { next: entry.seq + 1, after: entry.hash };
    // What was passed over is noted with the last of the batch: to look at it again costs nothing.
    if (isWanted || entry === entries.at(-1)) {
      await keepCursor(endpoint, front.notes, cursor);
    }
  }
  return cursor;
}

function wants({ events, environments }: Endpoint, { type, environment }: JournalEntry): boolean {
  return (
    (events === null || events.some((pattern) => covers(pattern, type))) &&
    (environments === null || (environment !== null && environments.includes(environment)))
  );
}

/** True once the receiver has it. The next entry waits as long: order is part of the promise. */
async function deliver(round: Round, entry: JournalEntry): Promise<boolean> {
  const { endpoint, front, signal, progress } = round;
  const message = await messageOf(front, entry);
  for (let failures = 1; !signal.aborted; failures += 1) {
    const outcome = await sendSigned(message, { ...round, nowMs: front.clock.now().wallMs });
    const backlog = (await front.grown(0, signal)) - entry.seq;
    switch (outcome.kind) {
      case 'delivered':
        progress.standing = { state: { kind: 'serving' }, backlog: backlog - 1 };
        return true;
      case 'gone':
        await keepGone(endpoint, front.notes);
        progress.standing = { state: { kind: 'gone' }, backlog };
        return false;
      case 'failed':
        await wait(round, failures, { ...outcome, backlog });
        if (round.once) {
          return false;
        }
    }
  }
  return false;
}

interface Failure {
  readonly message: string;
  readonly backlog: number;
  readonly retryAfterMs?: number | null;
}

/** Says what is wrong, and holds off before the next attempt; not where there is none. */
async function wait(
  { progress, front, signal, once, tools }: Round,
  failures: number,
  { message, backlog, retryAfterMs = null }: Failure,
): Promise<void> {
  if (signal.aborted) {
    return;
  }
  const { state } = progress.standing;
  const since = state.kind === 'failing' ? state.since : formatTime(front.clock.now().wallMs);
  progress.standing = { state: { kind: 'failing', since, message }, backlog };
  if (!once) {
    await tools.pause(delayMs(failures, randomInt(2 ** 31) / 2 ** 31, retryAfterMs), signal);
  }
}
