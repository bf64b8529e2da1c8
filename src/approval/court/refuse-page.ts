import type { SshsigEvidence } from '../ssh/sshsig.ts';
import { type Refused, refused } from './court.ts';

/**
 * Refuses a passkey's signature unless it was made on its own page (`origin`), by somebody present whom the
 * device knew. Null where it counts.
 */
export function refusePage(
  made: Pick<SshsigEvidence, 'origin' | 'presence' | 'verified'>,
  origin: string,
): Refused | null {
  if (made.origin === origin) {
    return refuseUnverified(made);
  }
  return refused(
    'passkey_origin',
    `signed on ${made.origin === null ? 'no page' : `\`${made.origin}\``}, but this passkey counts on \`${origin}\` alone`,
    `open ${origin} and sign there`,
  );
}

/** Refuses one that says neither that somebody touched it nor that it asked who that was. */
export function refuseUnverified({
  presence,
  verified,
}: Pick<SshsigEvidence, 'presence' | 'verified'>): Refused | null {
  return presence && verified
    ? null
    : refused(
        'passkey_unverified',
        'the passkey does not say that somebody was there whom the device knew',
        'sign again, and let the device ask for your PIN, finger or face',
      );
}
