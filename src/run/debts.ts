import type { RequestId, RunId } from '../base/ids.ts';
import type { Event, Recorded } from './events.ts';

/** A review that is owed, as the entries have it. */
export interface Owed {
  readonly request: RequestId;
  readonly run: RunId;
  /** `RULE@ENVIRONMENT`. */
  readonly scope: string;
  /** RFC 3339: when the glass was broken. */
  readonly started: string;
}

/** Whether an entry makes a debt or pays one: a start under break-glass, or its review. */
export function isAboutDebt(event: Event): boolean {
  return event.type === 'break_glass.reviewed' || scopeBroken(event) !== null;
}

/** What is owed after these entries, the oldest first. */
export function owedAfter(entries: readonly Recorded[]): readonly Owed[] {
  const owed = new Map<RequestId, Owed>();
  for (const { event, run, time } of entries) {
    const scope = scopeBroken(event);
    if (event.type === 'break_glass.reviewed') {
      owed.delete(event.data.request);
    } else if (scope !== null && run !== null && !owed.has(scope.request)) {
      owed.set(scope.request, { ...scope, run, started: time });
    }
  }
  return [...owed.values()];
}

function scopeBroken(event: Event): Pick<Owed, 'request' | 'scope'> | null {
  const permit = event.type === 'step.started' ? event.data.permit : null;
  return permit?.kind === 'grant' && permit.break_glass !== undefined
    ? { request: permit.request, scope: permit.break_glass }
    : null;
}
