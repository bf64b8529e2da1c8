import { RunbookError } from '../../base/errors.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import type { Front } from '../channel.ts';
import { pause } from '../pause.ts';
import type { Board } from './board.ts';
import { listCardNotes } from './card-note.ts';
import { type CardQueue, type CardTask, openCardQueue } from './card-queue.ts';
import { touchesCards } from './card-thread.ts';
import { ChatError } from './chat-error.ts';
import { type Keeper, settleCard } from './settle-card.ts';

export interface KeepCardsInput<Place, Message> {
  readonly board: Board<Place, Message>;
  readonly front: Front;
  readonly onUpkeep: (upkeep: Upkeep) => void;
}

/** How the upkeep stands, for health. */
export interface Upkeep {
  /** Cards that wait to be posted or rewritten. */
  readonly backlog: number;
  /** What the chat answers since when; null where it takes what it is given. */
  readonly problem: { readonly code: string; readonly sinceMs: number } | null;
}

/**
 * Makes the cards in a chat agree with the journal and keeps them so until `signal` aborts: whatever
 * changed is looked at, and what should be shown is compared with what was. Events only say where to
 * look, so that a restart, a lost answer or an hour without the chat is no case of its own.
 */
export async function keepCards<Place, Message>(
  input: KeepCardsInput<Place, Message>,
  signal: AbortSignal,
): Promise<void> {
  const queue = openCardQueue();
  let size = await begin(input, queue, signal);
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const follow = async (): Promise<void> => {
    while (!both.aborted) {
      size = await takeIn(input.front, queue, { from: size, signal: both });
    }
  };
  try {
    await Promise.all([follow(), work({ ...input, seen: () => size - 1 }, queue, both)]);
  } finally {
    failed.abort();
  }
}

/** One look at everything, for a process that goes away; what the chat does not take is left. */
export async function showCards<Place, Message>(
  input: KeepCardsInput<Place, Message>,
  signal: AbortSignal,
): Promise<void> {
  const queue = openCardQueue();
  const size = await begin(input, queue, signal);
  const keeper = { ...input, seen: () => size - 1 };
  for (;;) {
    const { wallMs } = input.front.clock.now();
    const task = signal.aborted ? null : queue.take(wallMs);
    if (task === null) {
      return;
    }
    const result = await trySettle(keeper, task);
    if (result.kind === 'failed') {
      const problem = { code: result.code, sinceMs: wallMs };
      input.onUpkeep({ backlog: queue.backlog(wallMs) + 1, problem });
      if (result.passing) {
        return;
      }
    }
  }
}

/** Every card that is not done with, with what its thread has not told, and every open request. */
async function begin<Place, Message>(
  { front, board }: KeepCardsInput<Place, Message>,
  queue: CardQueue,
  signal: AbortSignal,
): Promise<number> {
  const notes = await listCardNotes({ notes: front.notes, place: board.place });
  notes.forEach(({ request }) => queue.add(request));
  (await front.open()).forEach((request) => queue.add(request));
  (await front.owed()).forEach((request) => queue.add(request));
  const size = await front.grown(0, signal);
  const from = Math.min(size, ...notes.map(({ note }) => note.thread_seq + 1));
  await readEntries(front, queue, { from, to: size });
  return size;
}

async function takeIn(
  front: Front,
  queue: CardQueue,
  { from, signal }: { readonly from: number; readonly signal: AbortSignal },
): Promise<number> {
  const to = await front.grown(from, signal);
  await readEntries(front, queue, { from, to });
  return Math.max(from, to);
}

const batch = 200;

async function readEntries(
  front: Front,
  queue: CardQueue,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  for (let at = from; at < to; at += batch) {
    const entries = await front.entries(at, Math.min(batch, to - at));
    const requests = new Map<RunId, readonly RequestId[]>();
    for (const entry of entries) {
      if (entry.type === 'config.set') {
        // Other people, other rules: anybody may be missing now.
        (await front.open()).forEach((request) => queue.add(request));
      }
      if (entry.run !== null && touchesCards(entry)) {
        const known = requests.get(entry.run) ?? (await front.requestsOf(entry.run));
        requests.set(entry.run, known);
        known.forEach((request) => queue.add(request, entry));
      }
    }
  }
}

/** One card after the other: chats take a message a second, and what fails, fails for all. */
async function work<Place, Message>(
  keeper: Keeping<Place, Message>,
  queue: CardQueue,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let sinceMs = 0;
  while (!signal.aborted) {
    const nowMs = keeper.front.clock.now().wallMs;
    const task = queue.take(nowMs);
    if (task === null) {
      await queue.wait(nowMs, signal);
      continue;
    }
    const result = await trySettle(keeper, task);
    if (result.kind === 'settled') {
      failures = 0;
      if (result.againMs !== null) {
        // Never at once: a clock that disagrees with the engine's must not make a loop.
        queue.schedule(task.request, Math.max(result.againMs, nowMs + 1_000));
      }
      keeper.onUpkeep({ backlog: queue.backlog(nowMs), problem: null });
      continue;
    }
    sinceMs = failures === 0 ? nowMs : sinceMs;
    failures += 1;
    queue.putBack(task, result.passing ? nowMs : nowMs + longestPauseMs);
    keeper.onUpkeep({ backlog: queue.backlog(nowMs), problem: { code: result.code, sinceMs } });
    await pause(Math.min(longestPauseMs, 500 * 2 ** Math.min(failures, 10)), signal);
  }
}

/** What time alone will not mend is tried again, but not often. */
const longestPauseMs = 60_000;

type Keeping<Place, Message> = Keeper<Place, Message> &
  Pick<KeepCardsInput<Place, Message>, 'onUpkeep'>;

type Settled =
  | { readonly kind: 'settled'; readonly againMs: number | null }
  | { readonly kind: 'failed'; readonly code: string; readonly passing: boolean };

/** A chat and a people file that is wrong right now are no reason to end. */
async function trySettle<Place, Message>(
  keeper: Keeper<Place, Message>,
  task: CardTask,
): Promise<Settled> {
  try {
    return { kind: 'settled', againMs: await settleCard(keeper, task) };
  } catch (error) {
    if (error instanceof ChatError || error instanceof RunbookError) {
      const passing = error instanceof ChatError && error.passing;
      return { kind: 'failed', code: error.code, passing };
    }
    throw error;
  }
}
