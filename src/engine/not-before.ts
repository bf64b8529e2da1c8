import { UsageError } from '../base/errors.ts';
import type { Engine } from './engine.ts';
import type { StartInput } from './service.ts';

type Timed = Pick<StartInput, 'notBefore'>;

/** When a run begins: policy is asked about that time, a run at night is not denied at noon. Milliseconds. */
export function momentOf({ clock }: Pick<Engine, 'clock'>, { notBefore }: Timed): number {
  const nowMs = clock.now().wallMs;
  return notBefore === undefined ? nowMs : Math.max(nowMs, Date.parse(notBefore));
}

/** Throws UsageError `at_invalid`, `at_past`. */
export function refusePast({ clock }: Pick<Engine, 'clock'>, { notBefore }: Timed): void {
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
}
