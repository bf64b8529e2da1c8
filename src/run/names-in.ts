import { evidenceIdentities } from '../approval/court/evidence-identity.ts';
import type { ChainLink } from '../approval/people/people.ts';
import { isEnrolmentEvent } from './enrolment-events.ts';
import type { Decided, Event } from './events.ts';
import { isTrailEvent } from './trail-events.ts';

/** Everybody an entry says did something, decided, or stands behind its run: names of people, and identities. */
export function namesIn(event: Event): readonly string[] {
  if (isTrailEvent(event)) {
    return 'by' in event.data ? [event.data.by] : [];
  }
  if (isEnrolmentEvent(event)) {
    return event.type === 'issuer.keys' ? [] : [event.data.person];
  }
  switch (event.type) {
    case 'config.set':
    case 'token.revoked':
      return [event.data.by];
    case 'token.issued':
      return [event.data.by, event.data.holder.id];
    case 'run.started':
      return event.data.initiator.chain.flatMap(namesOf);
    case 'run.resumed':
      return event.data.links.flatMap(namesOf);
    case 'run.cancel_requested':
    case 'grant.revoked':
    case 'manual.done':
      return namesOf(event.data.by);
    case 'approval.requested':
      return event.data.initiator.chain.flatMap(namesOf);
    case 'approval.decided':
      return namesOfDecider(event.data);
    case 'approval.reminded':
      return event.data.to;
    case 'break_glass.reviewed':
      return [event.data.person];
    case 'step.started':
      return event.data.permit.kind === 'grant' ? (event.data.permit.approved_by ?? []) : [];
    case 'step.resolved':
      return event.data.link === null ? [] : namesOf(event.data.link);
    case 'log.genesis':
    case 'run.finished':
    case 'step.skipped':
    case 'step.denied':
    case 'step.finished':
    case 'step.unknown':
    case 'step.late':
    case 'approval.expired':
    case 'approval.superseded':
    case 'manual.asked':
      return [];
  }
}

function namesOfDecider(decided: Decided): readonly string[] {
  const { person, attested, login } = decided;
  const heard = attested === undefined ? [] : [attested.identity];
  return [person, ...heard, ...(login === undefined ? [] : evidenceIdentities(decided))];
}

function namesOf({ identity, person }: ChainLink): readonly string[] {
  return person === null ? [identity] : [identity, person];
}
