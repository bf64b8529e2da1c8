import type { RequestContent } from '../../approval/request.ts';
import { describeDenial } from '../../run/denial.ts';
import { type EnrolmentEvent, isEnrolmentEvent } from '../../run/enrolment-events.ts';
import type { Decided, Event } from '../../run/events.ts';
import { isTrailEvent, type TrailEvent } from '../../run/trail-events.ts';
import type { Kind } from './kinds.ts';

/** Under which kind an entry counts, and what is worth telling of it. */
export interface Told {
  readonly kind: Kind;
  readonly what: string;
}

/** Null for entries that only carry on what others began. */
export function tell(event: Event): Told | null {
  if (isTrailEvent(event)) {
    return tellTrail(event);
  }
  if (isEnrolmentEvent(event)) {
    return tellEnrolment(event);
  }
  switch (event.type) {
    case 'step.started':
      return event.data.permit.kind === 'grant'
        ? { kind: 'started', what: `${event.data.step} under ${event.data.permit.request}` }
        : null;
    case 'approval.requested':
      return { kind: 'requested', what: describeRequest(event.data) };
    case 'approval.decided':
      return { kind: decisionKinds[event.data.decision], what: describeDecided(event.data) };
    case 'approval.expired':
      return { kind: 'expired', what: `${event.data.request}, ${event.data.which}` };
    case 'approval.superseded':
      return { kind: 'superseded', what: event.data.request };
    case 'step.denied':
      return { kind: 'denied', what: `${event.data.step}: ${describeDenial(event.data.reasons)}` };
    case 'break_glass.reviewed':
      return { kind: 'reviewed', what: `${event.data.finding}, by ${event.data.person}` };
    case 'step.unknown':
      return { kind: 'unknown', what: `${event.data.step}: ${event.data.why}` };
    case 'step.resolved':
      return { kind: 'resolved', what: `${event.data.step}: ${event.data.outcome}` };
    case 'step.late':
      return { kind: 'late', what: event.data.step };
    case 'run.started':
      return { kind: 'ran', what: `${event.data.runbook.name} in ${event.data.environment}` };
    case 'config.set':
      return { kind: 'configured', what: `by ${event.data.by}` };
    case 'token.issued':
    case 'token.revoked':
      return { kind: 'token', what: `${event.type} ${event.data.token}` };
    case 'log.genesis':
    case 'run.resumed':
    case 'run.cancel_requested':
    case 'run.finished':
    case 'step.skipped':
    case 'step.finished':
    case 'approval.reminded':
    case 'manual.asked':
    case 'manual.done':
    case 'grant.revoked':
      return null;
  }
}

/** `req1 by robin (A3)`. */
export function describeDecided({ request, person, assurance }: Decided): string {
  return `${request} by ${person} (${assurance})`;
}

const decisionKinds = { approve: 'approved', reject: 'rejected', revoke: 'revoked' } as const;

function describeRequest({ id, commands }: RequestContent): string {
  return `${commands.map(({ step }) => step).join(', ')}: ${id}`;
}

function tellTrail({ type, data }: TrailEvent): Told {
  switch (type) {
    case 'key.recovery':
      return { kind: 'key', what: `recovery key named by ${data.by}` };
    case 'key.rotated':
      return { kind: 'key', what: `${data.from} to ${data.key.id}: ${data.reason}` };
    case 'sink.gap':
      return { kind: 'gap', what: `${data.sink} since ${data.since}: ${data.why}` };
    case 'content.erased':
      return { kind: 'erased', what: `by ${data.person ?? data.by}: ${data.reason}` };
    case 'log.pruned':
      return { kind: 'pruned', what: `${data.count} entries, by ${data.person}: ${data.reason}` };
    case 'evidence.exported':
      return { kind: 'exported', what: `by ${data.by}` };
  }
}

function tellEnrolment({ type, data }: EnrolmentEvent): Told {
  return type === 'issuer.keys'
    ? { kind: 'enrolled', what: `${data.keys.length} keys of ${data.issuer}` }
    : { kind: 'enrolled', what: `${type} ${data.person}` };
}
