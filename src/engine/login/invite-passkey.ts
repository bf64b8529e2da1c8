import { personNamed } from '../../approval/people/identity.ts';
import { resolveInitiator } from '../../approval/people/initiator.ts';
import {
  formatInviteSecret,
  pageUnnamed,
  refusedInviteLife,
} from '../../approval/people/invitation.ts';
import type { People } from '../../approval/people/people.ts';
import { formatTime } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import { newSecret, newTokenId } from '../../base/ids.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import type { Invitation } from '../login-reports.ts';
import { servedAt } from '../office/served-at.ts';
import { issuerOf } from '../token/commit-token.ts';

/**
 * Invites a person to enrol one passkey. Only from the journal's own account, and there never an agent or a
 * job: whoever makes somebody a key approves as them. The secret is in the answer and nowhere else: a crash after
 * the commit leaves an invitation that nobody can use. Throws UsageError `person_unknown`, `expiry_invalid`,
 * `page_unnamed`, DeniedError `scope_forbidden`.
 */
export async function invitePasskey(
  engine: Engine,
  person: string,
  expiresInMs: number,
): Promise<Invitation> {
  const refused = refusedInviteLife(expiresInMs);
  if (refused !== null) {
    throw new UsageError({ code: 'expiry_invalid', message: refused });
  }
  const { trusted } = await ensureConfig(engine);
  refuseInviter(engine, trusted.people.value);
  refuseUnknown(trusted.people.value, person);
  const served = await servedAt(engine.store);
  if (served?.page === null) {
    throw pageUnnamed('the server that runs was not told under which name people reach it');
  }
  const secret = formatInviteSecret(newSecret());
  const invite = newTokenId();
  const expires_at = formatTime(engine.clock.now().wallMs + expiresInMs);
  await engine.store.commit({
    run: null,
    expectedVersion: null,
    commandId: `passkey.invited.${invite}`,
    events: [
      {
        type: 'passkey.invited',
        data: { invite, hash: sha256(secret), person, expires_at, by: issuerOf(engine) },
      },
    ],
  });
  return { invite, secret, person, expires_at, page: served?.page ?? null };
}

function refuseInviter({ caller }: Engine, people: People): void {
  const { kind } = resolveInitiator(people, caller);
  if ('holder' in caller || kind === 'agent' || kind === 'ci') {
    throw new DeniedError({
      code: 'scope_forbidden',
      message:
        'only a person with the account that keeps the journal invites somebody to enrol a passkey',
      hint: 'on the server: `runbook passkey invite NAME`',
    });
  }
}

export function refuseUnknown(people: People, person: string): void {
  if (personNamed(people, person) === null) {
    throw new UsageError({
      code: 'person_unknown',
      message: `there is no person \`${person}\` in \`people.yaml\``,
      hint: `runbook people add ${person}`,
    });
  }
}
