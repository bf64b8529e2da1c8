import type { Invited as KnownInvitation } from '../../approval/court/judge-enrolment.ts';
import { personNamed } from '../../approval/people/identity.ts';
import { hashInviteSecret } from '../../approval/people/invitation.ts';
import { LoginError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import { provenIdentities } from '../proof/proven-identities.ts';
import type { Invited } from './login-desk.ts';

/** Whom an invitation is for. Throws LoginError `invitation_refused`, the same for every reason. */
export async function readInvitation(engine: Engine, secret: string): Promise<Invited> {
  const found = await findInvitation(engine, secret);
  const isOpen =
    !found.used &&
    engine.clock.now().wallMs < Date.parse(found.expires_at) &&
    personNamed(engine.trusted().people.value, found.person) !== null;
  if (!isOpen) {
    throw invitationRefused();
  }
  const { invite, person, expires_at } = found;
  return { invite, person, expires_at };
}

/** What the journal says of the invitation with this secret, used or not. Throws LoginError `invitation_refused`. */
export async function findInvitation({ store }: Engine, secret: string): Promise<KnownInvitation> {
  const hash = hashInviteSecret(secret);
  const found = hash === null ? null : (await provenIdentities(store)).invitation(hash);
  if (found === null) {
    throw invitationRefused();
  }
  return found;
}

/** Whoever guesses is not told what they hit. */
export function invitationRefused(): LoginError {
  return new LoginError({
    code: 'invitation_refused',
    message: 'this invitation holds no more, or never did',
    hint: 'ask whoever runs the server for another: `runbook passkey invite NAME`',
  });
}
