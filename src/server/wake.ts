import { sleep } from '../engine/sleep.ts';

/** A bell that is heard also by whoever comes after it was rung. */
export interface Wake {
  ring(): void;
  /** Resolves with true once it was rung since the last rest, with false after `ms`. */
  rest(ms: number): Promise<boolean>;
}

export function openWake(): Wake {
  let bell = new AbortController();
  return {
    ring: () => {
      bell.abort();
    },
    rest: async (ms) => {
      // A timer takes 2^31 - 1 ms at most, and a longer one fires at once.
      await sleep(Math.min(Math.max(0, ms), 86_400_000), bell.signal);
      const rung = bell.signal.aborted;
      bell = new AbortController();
      return rung;
    },
  };
}

/** Rings when one of these aborts, until it is told to stop: signals that live long keep no listeners. */
export function ringOnAbort(wake: Wake, signals: readonly AbortSignal[]): () => void {
  const ring = (): void => {
    wake.ring();
  };
  for (const signal of signals) {
    signal.addEventListener('abort', ring);
  }
  return () => {
    for (const signal of signals) {
      signal.removeEventListener('abort', ring);
    }
  };
}
