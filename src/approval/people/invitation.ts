import { sha256 } from '../../base/digest.ts';
import { formatDuration } from '../../base/duration.ts';
import { UsageError } from '../../base/errors.ts';
import type { Sha256 } from '../../base/ids.ts';

/** How long an invitation may hold: long enough to be found in a mail, short enough not to lie about. */
export const longestInviteMs = 7 * 86_400_000;
const shortestInviteMs = 60_000;

/** `rbi_` and 43 base64url characters, from 32 random bytes. The prefix lets scanners of leaks know it. */
export function formatInviteSecret(bytes: Buffer): string {
  return `rbi_${bytes.toString('base64url')}`;
}

/** The hash that an invitation's secret is known by; null for a text of another shape, however long it is. */
export function hashInviteSecret(text: string): Sha256 | null {
  return /^rbi_[A-Za-z0-9_-]{43}$/.test(text) ? sha256(text) : null;
}

/** Why an invitation cannot hold this long, in words; null where it can. */
export function refusedInviteLife(expiresInMs: number): string | null {
  return expiresInMs >= shortestInviteMs && expiresInMs <= longestInviteMs
    ? null
    : `an invitation holds from ${formatDuration(shortestInviteMs)} to ${formatDuration(longestInviteMs)}`;
}

/**
 * The link that is given to whoever is invited. The secret stands behind `#`: a browser keeps it to itself,
 * so that no server's log has it, and no scanner that opens links uses it up.
 */
export function invitationLink(url: string, secret: string): string {
  return `${url.replace(/\/+$/, '')}/passkeys/new#${secret}`;
}

/** Nobody said where the page is: a one-time secret leads to no name that may be another's. */
export function pageUnnamed(message: string): UsageError {
  return new UsageError({
    code: 'page_unnamed',
    message,
    hint: 'say it by `serve.url` in `config.yaml`, or by `runbook serve --url`',
  });
}
