import { personNamed, personOf } from '../../approval/people/identity.ts';
import type { KnownPasskey } from '../../run/enrolments.ts';
import type { Engine } from '../engine.ts';
import type { PasskeySummary } from '../login-reports.ts';
import { provenIdentities } from '../proof/proven-identities.ts';

/** Every passkey whose enrolment holds, removed ones too, newest first; of everybody, or of one person. */
export async function listPasskeys(
  engine: Engine,
  person?: string,
): Promise<readonly PasskeySummary[]> {
  const identities = await provenIdentities(engine.store);
  return identities
    .passkeys()
    .filter(({ data }) => person === undefined || data.person === person)
    .map((known) => summarisePasskey(engine, known))
    .toReversed();
}

/** The public key line of the passkey that the browser calls so; null where none counts. */
export async function passkeyKey({ store }: Engine, credential: string): Promise<string | null> {
  const { passkeys } = (await provenIdentities(store)).enrolled();
  return passkeys.find((passkey) => passkey.credential === credential)?.public ?? null;
}

/** Whether anybody of `people.yaml` has one that counts on a page of `origin`. */
export async function hasPasskeys({ store, trusted }: Engine, origin: string): Promise<boolean> {
  const { passkeys } = (await provenIdentities(store)).enrolled();
  const people = trusted().people.value;
  return passkeys.some((it) => it.origin === origin && personNamed(people, it.person) !== null);
}

export function summarisePasskey(
  { trusted }: Engine,
  { data, enrolled_at, invited_by, removed_at }: KnownPasskey,
): PasskeySummary {
  const { passkey, person, label, origin, credential, invite, login } = data;
  const inviter = invited_by === null ? null : personOf(trusted().people.value, invited_by);
  const by = inviter === null ? invited_by : `${invited_by} (${inviter.name})`;
  return {
    passkey,
    person,
    label,
    origin,
    public: data.public,
    credential,
    enrolled_at,
    enrolled_by: login === null ? `invite ${invite} by ${by}` : `login at ${login.issuer}`,
    removed_at,
  };
}
