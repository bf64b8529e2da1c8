import type { StandingReview } from '../../approval/debt.ts';
import { formatDistance } from './span.ts';

/** How it stands with a review, in few words: `review due in 23h`, `OVERDUE since 2h`, `justified, robin`. */
export function describeOwed({ due, overdue, review }: StandingReview, nowMs: number): string {
  if (review !== null) {
    return `${review.finding}, ${review.person}`;
  }
  return overdue
    ? `review OVERDUE, due ${formatDistance(due, nowMs)}`
    : `review due ${formatDistance(due, nowMs)}`;
}
