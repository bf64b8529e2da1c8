import type { Event, Recorded } from './events.ts';
import type { RequestRecord } from './state.ts';

/** What happens to a request after it was asked. */
export type RequestEvent = Extract<
  Event,
  {
    type:
      | 'approval.decided'
      | 'approval.expired'
      | 'approval.superseded'
      | 'approval.reminded'
      | 'break_glass.reviewed';
  }
>;

/** The request after one more entry about it. */
export function applyToRequest(
  request: RequestRecord,
  { seq, time }: Recorded,
  event: RequestEvent,
): RequestRecord {
  switch (event.type) {
    case 'approval.decided':
      return { ...request, decisions: [...request.decisions, { data: event.data, seq, time }] };
    case 'approval.expired':
      return {
        ...request,
        closed: { kind: 'expired', which: event.data.which, reopened: false },
      };
    case 'approval.superseded':
      return { ...request, closed: { kind: 'superseded', changes: event.data.changes } };
    case 'approval.reminded':
      return { ...request, reminded: [...(request.reminded ?? []), event.data] };
    case 'break_glass.reviewed':
      return { ...request, review: { data: event.data, seq, time } };
  }
}
