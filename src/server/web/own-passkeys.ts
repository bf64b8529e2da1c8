import { UsageError } from '../../base/errors.ts';
import type { PasskeySummary } from '../../engine/login-reports.ts';
import type { Visitor, Web, WebVisit } from './web-route.ts';

/** A passkey counts on the page that it was enrolled on, until it is removed, and on no other. */
export function usableOn(
  { origin }: Web,
  passkeys: readonly PasskeySummary[],
): readonly PasskeySummary[] {
  return passkeys.filter((passkey) => passkey.removed_at === null && passkey.origin === origin);
}

/** The visitor's passkeys that count on this page. */
export async function ownPasskeys(
  web: Web,
  { service, person }: Visitor,
): Promise<readonly PasskeySummary[]> {
  return usableOn(web, await service.passkeys(person));
}

/** The same, where there is one. Throws UsageError `passkey_unknown`. */
export async function usablePasskeys(
  { web }: WebVisit,
  visitor: Visitor,
): Promise<readonly PasskeySummary[]> {
  const own = await ownPasskeys(web, visitor);
  return own.length > 0
    ? own
    : unknown(`\`${visitor.person}\` has no passkey that counts on \`${web.origin}\``);
}

/** The one of them that the script names as the one that signed. Throws UsageError `passkey_unknown`. */
export async function signingPasskey(visit: WebVisit, visitor: Visitor): Promise<PasskeySummary> {
  const own = await ownPasskeys(visit.web, visitor);
  const named = visit.form.get('credential');
  return (
    own.find(({ credential }) => credential === named) ??
    unknown(`the passkey that signed is none of \`${visitor.person}\``)
  );
}

function unknown(message: string): never {
  throw new UsageError({
    code: 'passkey_unknown',
    message,
    hint: 'your account page lists your passkeys, and adds one',
  });
}
