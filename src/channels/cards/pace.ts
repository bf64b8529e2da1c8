import { setTimeout } from 'node:timers/promises';

/** Each caller gets the next free moment of its channel at once, `paceMs` after the last, so that callers stay in order. */
export function openPace(paceMs: number): (channel: string) => Promise<void> {
  const free = new Map<string, number>();
  return async (channel) => {
    const now = performance.now();
    const at = Math.max(now, free.get(channel) ?? 0);
    free.set(channel, at + paceMs);
    await setTimeout(at - now);
  };
}
