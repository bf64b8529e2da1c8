import type { EnrolmentEvent } from '../../run/enrolment-events.ts';

/** What became of somebody's passkey, or of an issuer's keys, in one line. Not made safe to show yet. */
export function describeEnrolment(event: EnrolmentEvent): string {
  switch (event.type) {
    case 'passkey.invited':
      return `${event.data.person}, until ${event.data.expires_at}, by ${event.data.by}`;
    case 'passkey.enrolled': {
      const { passkey, person, origin, invite, login } = event.data;
      const word = invite === null ? `by a login at ${login?.issuer}` : `invited by ${invite}`;
      return `${passkey} of ${person} on ${origin}, ${word}`;
    }
    case 'passkey.removed': {
      const { passkey, person, by, reason } = event.data;
      return `${passkey} of ${person}, by ${by}${reason === null ? '' : `: ${reason}`}`;
    }
    case 'issuer.keys':
      return `${event.data.keys.length} of ${event.data.issuer}, for ${event.data.client}`;
  }
}
