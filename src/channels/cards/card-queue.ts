import type { RequestId } from '../../base/ids.ts';
import type { JournalEntry } from '../channel.ts';
import { pause } from '../pause.ts';

/** A card to be looked at, with the entries of its run since it was last. */
export interface CardTask {
  readonly request: RequestId;
  readonly entries: readonly JournalEntry[];
}

/** Cards that wait to be looked at, each once, now or at a time of their own. */
export interface CardQueue {
  /** Due at once; what changed comes before what merely is missing. */
  add(request: RequestId, entry?: JournalEntry): void;
  /** To be looked at again at this time of the wall clock, unless something happens before. */
  schedule(request: RequestId, atMs: number): void;
  /** The chat did not take it: it stays due, but not before this time. */
  putBack(task: CardTask, atMs: number): void;
  /** Takes out what is due first; null where nothing is. */
  take(nowMs: number): CardTask | null;
  /** How many are due, or were put back. */
  backlog(nowMs: number): number;
  /** Resolves when something is due, when `signal` aborts, or a minute later: clocks are set. */
  wait(nowMs: number, signal: AbortSignal): Promise<void>;
}

interface Waiting {
  readonly entries: readonly JournalEntry[];
  readonly atMs: number;
  readonly failed: boolean;
}

const longestWaitMs = 60_000;

export function openCardQueue(): CardQueue {
  const waiting = new Map<RequestId, Waiting>();
  let bell = new AbortController();
  return {
    add(request, entry) {
      const { entries = [], failed = false } = waiting.get(request) ?? {};
      const all = entry === undefined ? entries : [...entries, entry];
      waiting.set(request, { entries: all, atMs: 0, failed });
      bell.abort();
    },
    schedule(request, atMs) {
      if (!waiting.has(request)) {
        waiting.set(request, { entries: [], atMs, failed: false });
      }
    },
    putBack({ request, entries }, atMs) {
      const since = waiting.get(request)?.entries ?? [];
      waiting.delete(request);
      waiting.set(request, { entries: [...entries, ...since], atMs, failed: true });
    },
    take(nowMs) {
      const due = [...waiting].filter(([, { atMs }]) => atMs <= nowMs);
      const [request, task] = due.find(([, { entries }]) => entries.length > 0) ?? due[0] ?? [];
      if (request === undefined || task === undefined) {
        return null;
      }
      waiting.delete(request);
      return { request, entries: task.entries };
    },
    backlog: (nowMs) =>
      [...waiting.values()].filter(({ atMs, failed }) => failed || atMs <= nowMs).length,
    async wait(nowMs, signal) {
      bell = new AbortController();
      const nextMs = Math.min(...[...waiting.values()].map(({ atMs }) => atMs)) - nowMs;
      await pause(Math.min(longestWaitMs, nextMs), AbortSignal.any([signal, bell.signal]));
    },
  };
}
