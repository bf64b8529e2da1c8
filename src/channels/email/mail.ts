import * as v from 'valibot';
import { sha256 } from '../../base/digest.ts';
import type { RequestId } from '../../base/ids.ts';

/** How a request's wait ended, or began anew. */
export const outcomes = [
  'approved',
  'rejected',
  'revoked',
  'expired',
  'lapsed',
  'cancelled',
  'superseded',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Why a mail is sent: somebody is asked, or reminded for the nth time, or told how it went. */
export type Occasion =
  | { readonly kind: 'asked' }
  | { readonly kind: 'reminded'; readonly nth: number }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

export const occasionSchema = v.variant('kind', [
  v.object({ kind: v.literal('asked') }),
  v.object({ kind: v.literal('reminded'), nth: v.number() }),
  v.object({ kind: v.literal('outcome'), outcome: v.picklist(outcomes) }),
]);

/** `asked`, `reminded-2`, `rejected`. */
export function nameOf(occasion: Occasion): string {
  switch (occasion.kind) {
    case 'asked':
      return occasion.kind;
    case 'reminded':
      return `reminded-${occasion.nth}`;
    case 'outcome':
      return occasion.outcome;
  }
}

/** One mail to one address. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly id: string;
  /** What it answers: with it, all that one address gets about one request is one conversation. */
  readonly inReplyTo: string | null;
}

/**
 * The same mail has the same id, whoever sends it and however often: where a crash makes us send it twice,
 * mailboxes can tell. RFC 5322, 3.6.4.
 */
export function messageId(
  { request, occasion, to }: { request: RequestId; occasion: Occasion; to: string },
  from: string,
): string {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return `<${request}.${nameOf(occasion)}.${sha256(to).slice(0, 16)}@${domain}>`;
}
