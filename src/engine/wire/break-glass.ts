import * as v from 'valibot';
import type { DebtReport, GivenReview, ReviewReport } from '../../approval/debt.ts';
import { reviewFindings } from '../../approval/statement/review-statement.ts';
import { count, requestId, runId, time, type Wire } from './values.ts';

const finding = v.picklist(reviewFindings);

const givenReview: Wire<GivenReview> = v.object({
  person: v.string(),
  finding,
  reason: v.string(),
  time,
});

/** Fields of everything that may owe a review. */
export const standingReview = {
  due: time,
  overdue: v.boolean(),
  review: v.nullable(givenReview),
};

const debtReport: Wire<DebtReport> = v.object({
  request: requestId,
  words: v.string(),
  run: runId,
  runbook: v.string(),
  step: v.string(),
  environment: v.string(),
  rule: v.string(),
  scope: v.string(),
  by: v.array(v.string()),
  reason: v.nullable(v.string()),
  started: time,
  reviewers: v.array(v.string()),
  ...standingReview,
});

export const debtsAnswer: Wire<{ readonly break_glass: readonly DebtReport[] }> = v.object({
  break_glass: v.array(debtReport),
});

export const reviewReport: Wire<ReviewReport> = v.object({
  request: requestId,
  run: runId,
  scope: v.string(),
  person: v.string(),
  finding,
  recorded: v.object({ index: count, checkpoint: v.string() }),
  duplicate: v.boolean(),
});
