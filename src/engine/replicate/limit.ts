import { JournalError } from '../../base/errors.ts';

/**
 * Asks another side, and waits until `signal` aborts or `ms` have passed, no longer, whatever it does: one
 * that hangs and ignores its signal holds up nobody. Throws JournalError `sink_slow` then.
 */
export async function withinLimit<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  {
    sink,
    signal,
    ms,
  }: { readonly sink: string; readonly signal: AbortSignal; readonly ms: number },
): Promise<Answer> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  const timer = setTimeout(stop, signal.aborted ? 0 : ms);
  signal.addEventListener('abort', stop);
  const late = new Promise<never>((_resolve, reject) => {
    over.signal.addEventListener('abort', () => {
      reject(
        new JournalError({ code: 'sink_slow', message: `sink \`${sink}\` did not answer in time` }),
      );
    });
  });
  try {
    return await Promise.race([ask(over.signal), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    late.catch(() => undefined);
  }
}
