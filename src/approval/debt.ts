import type { RequestId, RunId } from '../base/ids.ts';
import type { ReviewFinding } from './statement/review-statement.ts';

// What break-glass owes, as reports and channels tell of it. Times are RFC 3339.

/** What somebody said afterwards. */
export interface GivenReview {
  readonly person: string;
  readonly finding: ReviewFinding;
  readonly reason: string;
  readonly time: string;
}

/** How it stands with the review of one request. */
export interface StandingReview {
  readonly due: string;
  readonly overdue: boolean;
  /** Null while it is owed. */
  readonly review: GivenReview | null;
}

/** A review that a run owes, or has had. */
export interface OwedReport extends StandingReview {
  readonly request: RequestId;
  readonly words: string;
  readonly step: string;
}

/** Something that was done under break-glass, wherever. */
export interface DebtReport extends OwedReport {
  readonly run: RunId;
  readonly runbook: string;
  readonly environment: string;
  /** Name of the rule that allowed it. */
  readonly rule: string;
  /** Where the next one is held up meanwhile: `RULE@ENVIRONMENT`. */
  readonly scope: string;
  /** Whoever signed and so acted. */
  readonly by: readonly string[];
  /** Why they did. */
  readonly reason: string | null;
  readonly started: string;
  /** Names of those who may review it now. */
  readonly reviewers: readonly string[];
}

export interface ReviewReport {
  readonly request: RequestId;
  readonly run: RunId;
  readonly scope: string;
  readonly person: string;
  readonly finding: ReviewFinding;
  readonly recorded: { readonly index: number; readonly checkpoint: string };
  /** It had been reviewed before: that review stands, and nothing was recorded. */
  readonly duplicate: boolean;
}

/** Whether a run breaks the glass. */
export interface GlassReport {
  /** The rule under which it asked to; null for every ordinary run. */
  readonly break_glass: string | null;
  /** It has come to that: somebody was asked to, or has. */
  readonly glass_broken: boolean;
}
