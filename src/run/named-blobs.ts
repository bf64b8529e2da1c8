import { type BlobId, isSha256 } from '../base/ids.ts';
import type { Event } from './events.ts';
import { isTrailEvent } from './trail-events.ts';

/** A blob that an entry names; `read` where whoever judges the entry needs its bytes, and not only that it is there. */
export interface NamedBlob {
  readonly id: BlobId;
  readonly read: boolean;
}

/**
 * Every blob an entry names, as its own content. Under a stolen key an entry can have any shape: what
 * cannot be read names none, and an id that is none is left out.
 */
export function blobsOf(event: Event): readonly NamedBlob[] {
  try {
    return namesOf(event).filter(({ id }) => typeof id === 'string' && isSha256(id));
  } catch {
    return [];
  }
}

function namesOf(event: Event): readonly NamedBlob[] {
  if (isTrailEvent(event)) {
    return [];
  }
  switch (event.type) {
    case 'config.set':
      return [event.data.people, event.data.policy, event.data.config].map(wanted);
    case 'run.started':
      return [wanted(event.data.plan)];
    case 'approval.requested':
      return event.data.commands.map(({ command }) => wanted(command));
    case 'step.started':
      return event.data.command === null ? [] : [wanted(event.data.command)];
    case 'approval.decided':
      return event.data.attested === undefined
        ? []
        : [{ id: event.data.attested.raw, read: false }];
    case 'step.finished':
    case 'step.late':
      return [
        { id: event.data.stdout, read: false },
        { id: event.data.stderr, read: false },
        { id: event.data.outputs, read: true },
      ].flatMap(({ id, read }) => (id === null ? [] : [{ id, read }]));
    case 'manual.done':
      return event.data.outputs === null ? [] : [wanted(event.data.outputs)];
    case 'log.genesis':
    case 'approval.reminded':
    case 'manual.asked':
    case 'grant.revoked':
    case 'break_glass.reviewed':
    case 'run.resumed':
    case 'run.cancel_requested':
    case 'run.finished':
    case 'step.skipped':
    case 'step.denied':
    case 'step.unknown':
    case 'step.resolved':
    case 'approval.expired':
    case 'approval.superseded':
    case 'token.issued':
    case 'token.revoked':
      return [];
  }
}

function wanted(id: BlobId): NamedBlob {
  return { id, read: true };
}
