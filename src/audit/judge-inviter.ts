import { personOf } from '../approval/people/identity.ts';
import type { ChainLink } from '../approval/people/people.ts';
import { decodeBase64 } from '../approval/ssh/ssh-wire.ts';
import { sshsigKey } from '../approval/ssh/sshsig.ts';
import { conflictOf } from '../approval/tally/eligible.ts';
import { RunbookError } from '../base/errors.ts';
import type { Enrolments, KnownPasskey } from '../run/enrolments.ts';
import type { Decided } from '../run/events.ts';
import type { Docket } from './docket.ts';
import type { Flaw } from './finding.ts';
import type { Tokens } from './tokens.ts';

/** A yes, a review: whatever somebody says that only another than whoever acts may say. */
export type Said = Pick<Decided, 'person' | 'attested'> & { readonly signature: string | null };

/**
 * Whoever makes an invitation can open its link themself. So somebody who stands behind a run, and keeps the
 * journal's account, could have decided in it as the very person whom they had invited: nothing in the
 * journal tells that from the honest case, where the person opened it, and so it is said and no more.
 */
export function judgeInviter(
  said: Said,
  links: readonly ChainLink[],
  { rules, passkeyOf }: Pick<Docket, 'rules' | 'passkeyOf'>,
): readonly Flaw[] {
  const known = passkeyOf(said);
  const inviter = known?.invited_by ?? null;
  if (known === null || inviter === null) {
    return [];
  }
  const owner = personOf(rules.people, inviter);
  const link =
    links.find(({ identity }) => identity === inviter) ??
    (owner === null ? null : conflictOf(owner, { kind: 'unknown', chain: links }));
  if (link === null || owner?.name === said.person) {
    return [];
  }
  const who = owner === null ? '' : ` (${owner.name})`;
  const message = `${said.person} decided by passkey ${known.data.passkey}, whose invitation \`${inviter}\`${who} made, who stands behind the run as \`${link.identity}\``;
  return [['W_INVITER', message]];
}

/** The passkey that made a signature, or opened the session that something came from; null where none did. */
export function passkeyBehind(
  { signature, attested }: Said,
  by: { readonly tokens: Tokens; readonly enrolments: Pick<Enrolments, 'find'> },
): KnownPasskey | null {
  const session = attested === undefined ? null : by.tokens.issuerOf(attested.identity);
  const opened = session?.startsWith('passkey:') === true ? session.slice('passkey:'.length) : null;
  const name = signature === null ? opened : keyOf(signature);
  return name === null ? null : by.enrolments.find(name);
}

/** A signature that cannot be read is a finding of its own. */
function keyOf(signature: string): string | null {
  try {
    return sshsigKey(decodeBase64(signature) ?? Buffer.alloc(0));
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}
