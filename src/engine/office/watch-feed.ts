import type { Recorded } from '../../run/events.ts';
import type { Feed } from '../office.ts';

/** Somebody who looks at something again whenever it may have changed. */
export interface Watch {
  /**
   * Resolves at the next entry that matters, at once where one came since it last resolved; when `signal`
   * aborts; or after `atMostMs`.
   */
  readonly changed: (signal: AbortSignal, atMostMs: number) => Promise<void>;
  readonly close: () => void;
}

/** Watches from now on: what is recorded while its owner looks elsewhere is not missed. */
export function watchFeed(
  feed: Pick<Feed, 'follow'>,
  matters: (entry: Recorded) => boolean,
): Watch {
  const nothing = (): void => undefined;
  let stirred = false;
  let wake = nothing;
  const close = feed.follow({
    recorded: (entry) => {
      if (matters(entry)) {
        stirred = true;
        wake();
      }
    },
  });
  return {
    close,
    changed: (signal, atMostMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          stirred = false;
          wake = nothing;
          resolve();
        };
        const timer = setTimeout(done, signal.aborted || stirred ? 0 : atMostMs);
        signal.addEventListener('abort', done);
        wake = done;
      }),
  };
}
