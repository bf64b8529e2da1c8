import type { RunId, Sha256 } from '../../base/ids.ts';
import { canonicalizeStrict } from '../../base/jcs.ts';
import { parseSignedText, type SeenLog } from './statement.ts';
import { reviewSchema } from './statement-schema.ts';

/** Its own namespace: no approval can be taken for a review, and no review for an approval. */
export const reviewNamespace = 'review@runbook/v1';

/** What a reviewer may find. Either one pays the debt: that it was looked at is what was owed. */
export const reviewFindings = ['justified', 'unjustified'] as const;
export type ReviewFinding = (typeof reviewFindings)[number];

/** What one person says afterwards of what was done under break-glass, and signs as JCS bytes. */
export interface Review {
  readonly v: 1;
  readonly decision: 'review';
  readonly finding: ReviewFinding;
  readonly run: RunId;
  /** Leaf hash of the `approval.requested` entry. */
  readonly request: Sha256;
  /** Leaf hash of the first `step.started` entry under it. */
  readonly started: Sha256;
  readonly reason: string;
  readonly person: string;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** The JCS text that is signed and stored. */
export function encodeReview(review: Review): string {
  return canonicalizeStrict(review);
}

/** Reads a signed text: canonical, and exactly this shape. Throws IntegrityError `statement_unreadable`. */
export function parseReview(text: string): Review {
  return parseSignedText(text, reviewSchema, 'a review');
}
