import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** Resolves after so long, or when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(Math.max(0, ms), undefined, { signal });
  } catch {
    // Aborted: nothing is left to wait for.
  }
}

/** Resolves when `signal` aborts. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
}
