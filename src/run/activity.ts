import type { Stretch } from '../approval/tally/unused.ts';
import { isUnder } from './dealings.ts';
import type { Attempt, RequestRecord, RunState } from './state.ts';

/** What keeps an approval from lying unused. */
export interface Activity {
  /** When the last attempt under this request ended; null where there was none. */
  readonly lastUseMs: number | null;
  /** When steps of the run were running, whoever allowed them. */
  readonly running: readonly Stretch[];
}

/**
 * What was done under a request, and while it waited for its turn. Time in which the run waits for a
 * person, be it a manual step or another gate, is none of it: whoever waits keeps no approval alive.
 */
export function activityOf({ steps }: RunState, { content }: RequestRecord): Activity {
  const attempts = [...steps.values()].flatMap((step) => step.attempts);
  const ends = attempts.flatMap(({ started, finished }) =>
    started !== null && isUnder(started.data, content.id)
      ? Date.parse((finished ?? started).time)
      : [],
  );
  return {
    lastUseMs: ends.length === 0 ? null : Math.max(...ends),
    running: attempts.flatMap(stretchOf),
  };
}

/** Of an attempt whose end nobody knows, nobody knows how long it ran: it counts for nothing. */
function stretchOf({ started, finished, unknown, resolved }: Attempt): readonly Stretch[] {
  if (started === null || unknown !== null || resolved !== null) {
    return [];
  }
  const toMs = finished === null ? null : Date.parse(finished.time);
  return [{ fromMs: Date.parse(started.time), toMs }];
}
