import { sanitizeLine } from '../../base/sanitize.ts';
import { describeDenial } from '../../run/denial.ts';
import { isEnrolmentEvent } from '../../run/enrolment-events.ts';
import type { Recorded } from '../../run/events.ts';
import { isTrailEvent } from '../../run/trail-events.ts';
import { describeEnrolment } from './describe-enrolment.ts';
import { describeTrail } from './describe-trail.ts';

/** The entry in one line for a person; what came from outside is made visible, not obeyed. */
export function summaryOf(entry: Recorded): string {
  return sanitizeLine(describe(entry));
}

type EventOf<Type extends string> = Extract<Recorded['event'], { type: Type }>;

function describe({ event }: Recorded): string {
  if (isTrailEvent(event)) {
    return describeTrail(event);
  }
  if (isEnrolmentEvent(event)) {
    return describeEnrolment(event);
  }
  switch (event.type) {
    case 'log.genesis':
      return `${event.data.origin} on ${event.data.host}, key ${event.data.key.id}`;
    case 'config.set':
      return `by ${event.data.by}: policy ${event.data.policy_digest.slice(0, 8)}, people ${event.data.people_digest.slice(0, 8)}`;
    case 'run.started':
      return `${event.data.runbook.name} in ${event.data.environment} by ${event.data.initiator.chain[0]?.identity ?? 'nobody'}`;
    case 'run.resumed':
      return `by ${event.data.links.map(({ person, identity }) => person ?? identity).join(', ')}`;
    case 'run.cancel_requested':
      return `by ${event.data.by.person ?? event.data.by.identity}${event.data.reason === null ? '' : `: ${event.data.reason}`}`;
    case 'run.finished':
      return event.data.status;
    case 'approval.requested':
    case 'approval.decided':
    case 'approval.expired':
    case 'approval.superseded':
    case 'approval.reminded':
      return describeApproval(event);
    case 'manual.asked':
      return `${event.data.step}: ${event.data.text}`;
    case 'manual.done':
      return `${event.data.step}: ${event.data.outcome}, by ${event.data.by.person ?? event.data.by.identity}${event.data.note === null ? '' : `: ${event.data.note}`}`;
    case 'grant.revoked':
      return `${event.data.request} by ${event.data.by.person ?? event.data.by.identity}${event.data.reason === null ? '' : `: ${event.data.reason}`}`;
    case 'break_glass.reviewed':
      return `${event.data.scope}: ${event.data.finding}, by ${event.data.person}: ${event.data.reason}`;
    case 'token.issued':
      return `${event.data.token} for ${event.data.holder.kind} ${event.data.holder.id}: ${event.data.scopes.join(', ')}, until ${event.data.expires_at}, by ${event.data.by}`;
    case 'token.revoked':
      return `${event.data.token} by ${event.data.by}`;
    case 'step.skipped':
    case 'step.denied':
    case 'step.started':
    case 'step.finished':
    case 'step.unknown':
    case 'step.resolved':
    case 'step.late':
      return stepSummary(event);
  }
}

function describeApproval(event: EventOf<`approval.${string}`>): string {
  switch (event.type) {
    case 'approval.requested':
      return `${event.data.break_glass === null ? '' : 'BREAK-GLASS, '}${event.data.commands.map(({ step }) => step).join(', ')}: ${event.data.id}, until ${event.data.limits.pending_until}`;
    case 'approval.decided':
      return `${event.data.decision} by ${event.data.person} (${event.data.assurance})${event.data.reason === null ? '' : `: ${event.data.reason}`}`;
    case 'approval.expired':
      return `${event.data.request}, ${event.data.which}`;
    case 'approval.superseded':
      return `${event.data.request}: ${event.data.changes.join('; ')}`;
    case 'approval.reminded':
      return `${event.data.request}: ${event.data.kind} ${event.data.nth} to ${event.data.to.join(', ')}`;
  }
}

function stepSummary(event: EventOf<`step.${string}`>): string {
  const { step } = event.data;
  switch (event.type) {
    case 'step.skipped':
      return `${step}: ${event.data.why}`;
    case 'step.denied':
      return `${step}: ${describeDenial(event.data.reasons)}`;
    case 'step.started': {
      const { permit } = event.data;
      const under =
        permit.kind === 'grant'
          ? `under ${permit.lent_by === undefined ? '' : 'grant '}${permit.request}, use ${permit.use}${permit.break_glass === undefined ? '' : `, BREAK-GLASS in ${permit.break_glass}`}`
          : `under ${permit.kind}`;
      return `${step} attempt ${event.data.attempt}, ${under}`;
    }
    case 'step.finished':
    case 'step.late':
      return `${step} attempt ${event.data.attempt}: ${event.data.outcome}${event.data.reason === null ? '' : `, ${event.data.reason}`}`;
    case 'step.unknown':
      return `${step} attempt ${event.data.attempt}: ${event.data.why}`;
    case 'step.resolved':
      return `${step} attempt ${event.data.attempt}: ${event.data.outcome}, by ${event.data.link?.person ?? event.data.by}`;
  }
}
