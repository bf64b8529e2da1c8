import { hostname, userInfo } from 'node:os';
import { personOf } from '../approval/people/identity.ts';
import { accountIdentity } from '../approval/people/initiator.ts';
import type { RequestContent } from '../approval/request.ts';
import { DeniedError } from '../base/errors.ts';
import { loadTrusted } from '../config/load.ts';
import type { Cli } from './cli.ts';

/** Whose account this is by this machine's `people.yaml`; null where it is nobody's. Throws as `loadTrusted`. */
export function personOfAccount({ io }: Cli): string | null {
  const account = accountIdentity(`${userInfo().username}@${hostname()}`);
  return personOf(loadTrusted(io.env).people.value, account)?.name ?? null;
}

/**
 * Refuses to leave an approval that could fill no slot that the person may fill: what an account says is
 * A0, and no touch. Where nobody is known by the account its executor says so. Throws DeniedError
 * `assurance_too_low`.
 */
export function refuseAccountInVain(
  { policy }: RequestContent,
  of: { readonly person: string | null; readonly words: string },
): void {
  // Whoever a slot is escalated to is not among its first.
  const asked = policy.slots.filter(
    ({ eligible, escalate }) =>
      of.person === null || eligible.includes(of.person) || escalate !== undefined,
  );
  if (asked.length > 0 && asked.every((slot) => slot.assurance !== 'A0' || slot.presence)) {
    const wanted = asked.map(({ id, assurance }) => `slot \`${id}\` asks for ${assurance}`);
    throw new DeniedError({
      code: 'assurance_too_low',
      message: `${wanted.join(', ')}; a file that your account owns is A0`,
      hint: `sign it: \`runbook approve ${of.words} --key FILE\``,
    });
  }
}
