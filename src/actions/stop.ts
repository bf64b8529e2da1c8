/** What may end an action before it ends by itself. */
export interface Stop {
  /** Never settles where neither happens. */
  readonly reason: Promise<'timeout' | 'cancelled'>;
  /** Takes timer and listener away again. */
  readonly dispose: () => void;
}

/** Longer delays overflow to 1 ms in Node. */
const maxDelayMs = 2_147_483_647;

/** Waits for the timeout or the signal, whichever comes first. */
export function watchStop(signal: AbortSignal, timeoutMs: number): Stop {
  let dispose = () => {};
  const reason = new Promise<'timeout' | 'cancelled'>((resolve) => {
    const onAbort = () => resolve('cancelled');
    const timer = setTimeout(() => resolve('timeout'), Math.min(timeoutMs, maxDelayMs));
    signal.addEventListener('abort', onAbort, { once: true });
    dispose = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  return { reason, dispose };
}
