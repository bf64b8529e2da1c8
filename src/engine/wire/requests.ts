import * as v from 'valibot';
import type { RequestContent } from '../../approval/request.ts';
import type { RequestFile } from '../../approval/request-file.ts';
import { requestStates } from '../../approval/request-state.ts';
import type { Command } from '../../runbook/command.ts';
import type { DecisionReport, RequestDetail, RequestSummary } from '../reports.ts';
import { standingReview } from './break-glass.ts';
import {
  assurance,
  choice,
  count,
  missing,
  ofNoun,
  optionalText,
  requestId,
  runId,
  sha256,
  time,
  type Wire,
} from './values.ts';

const requestState = v.picklist(requestStates);

const requestSummary: Wire<RequestSummary> = v.object({
  request: requestId,
  words: v.string(),
  run: runId,
  runbook: v.string(),
  step: v.string(),
  steps: v.exactOptional(v.array(v.string())),
  environment: v.string(),
  state: requestState,
  created: time,
  expires_at: time,
  missing,
});

export const requestsAnswer: Wire<{ readonly requests: readonly RequestSummary[] }> = v.object({
  requests: v.array(requestSummary),
});

export const requestDetail: Wire<RequestDetail> = v.object({
  hash: sha256,
  content: ofNoun<RequestContent>(),
  command: ofNoun<Command>(),
  others: v.exactOptional(v.array(ofNoun<Command>())),
  previous: v.nullable(ofNoun<Command>()),
  words: v.string(),
  state: requestState,
  missing,
  decisions: v.array(
    v.object({
      person: v.string(),
      decision: choice,
      assurance,
      reason: v.nullable(v.string()),
      time,
      channel: v.string(),
      identity: v.nullable(v.string()),
    }),
  ),
  outcome: v.nullable(v.string()),
  review: v.nullable(v.object(standingReview)),
  url: v.exactOptional(v.string()),
});

/** Only its shape: what it claims is for the approver's client to prove. */
export const requestFile: Wire<RequestFile> = v.object({
  kind: v.picklist(['runbook.request/v1', 'runbook.started/v1', 'runbook.head/v1']),
  origin: v.string(),
  verifier_key: v.string(),
  checkpoint: v.string(),
  index: count,
  leaf: v.string(),
  inclusion: v.array(v.string()),
  consistency: v.array(v.object({ from: count, proof: v.array(v.string()) })),
  blobs: v.record(v.string(), v.object({ salt: v.string(), bytes: v.string() })),
  approvers: v.array(
    v.object({ person: v.string(), keys: v.array(v.string()), slots: v.array(v.string()) }),
  ),
  keys: v.exactOptional(
    v.array(
      v.object({
        index: count,
        leaf: v.string(),
        inclusion: v.array(v.string()),
        consistency: v.array(v.string()),
        before: v.nullable(v.object({ checkpoint: v.string(), consistency: v.array(v.string()) })),
      }),
    ),
  ),
});

/** What the bearer of a token decides as the person it was issued to. */
export const ownDecisionBody = v.strictObject({
  /** Leaf hash of the request that they saw. */
  hash: sha256,
  decision: choice,
  reason: optionalText,
});

/** What somebody signed; whether it holds is judged where it is recorded. */
export const signedBody = v.strictObject({
  statement: v.pipe(v.string(), v.nonEmpty()),
  signature: v.pipe(v.string(), v.nonEmpty()),
});

export const resolveBody = v.strictObject({
  outcome: v.picklist(['succeeded', 'failed', 'retry']),
  reason: v.string(),
  signed: v.optional(v.nullable(signedBody), null),
});

export const decisionReport: Wire<DecisionReport> = v.object({
  request: requestId,
  run: runId,
  decision: choice,
  person: v.string(),
  assurance,
  missing,
  recorded: v.object({ index: count, checkpoint: v.string() }),
  duplicate: v.boolean(),
});
