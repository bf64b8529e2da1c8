import { formatTime } from '../base/clock.ts';
import { UsageError } from '../base/errors.ts';
import type { Engine } from './engine.ts';
import type { StartInput } from './service.ts';

/** How far ahead a run may be scheduled. What is approved for it may wait for that long, and for no longer. */
const furthestMs = 30 * 24 * 3_600_000;

type Timed = Pick<StartInput, 'notBefore'>;

/** When a run begins: policy is asked about that time, a run at night is not denied at noon. Milliseconds. */
export function momentOf({ clock }: Pick<Engine, 'clock'>, { notBefore }: Timed): number {
  const nowMs = clock.now().wallMs;
  return notBefore === undefined ? nowMs : Math.max(nowMs, Date.parse(notBefore));
}

/** Throws UsageError `at_invalid`, `at_past`, `at_far`. */
export function refuseTime({ clock }: Pick<Engine, 'clock'>, { notBefore }: Timed): void {
  if (notBefore === undefined) {
    return;
  }
  const startMs = Date.parse(notBefore);
  if (Number.isNaN(startMs)) {
    throw new UsageError({ code: 'at_invalid', message: `\`${notBefore}\` is not a time` });
  }
  if (startMs < clock.now().wallMs) {
    throw new UsageError({
      code: 'at_past',
      message: `a run cannot start at ${notBefore}: that is over`,
      hint: 'leave out `--at` to start it now',
    });
  }
  const lastMs = clock.now().wallMs + furthestMs;
  if (startMs > lastMs) {
    throw new UsageError({
      code: 'at_far',
      message: `a run cannot start at ${notBefore}: that is more than 30 days ahead, ${formatTime(lastMs)} at the latest`,
      hint: 'start it nearer to the time, or let your scheduler call `exec` then',
    });
  }
}
