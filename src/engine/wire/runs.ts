import * as v from 'valibot';
import type { ChainLink } from '../../approval/people/people.ts';
import type { Event, Recorded } from '../../run/events.ts';
import type { Param } from '../../runbook/runbook.ts';
import { type StepStatus, stepStatuses } from '../../runbook/step-status.ts';
import type { RunReport, RunStatus, RunSummary } from '../reports.ts';
import { standingReview } from './break-glass.ts';
import { signedBody } from './requests.ts';
import {
  count,
  json,
  missing,
  ofNoun,
  optionalText,
  requestId,
  runId,
  sha256,
  time,
  type Wire,
} from './values.ts';

const runStatus: Wire<RunStatus> = v.picklist([
  'running',
  'waiting',
  'succeeded',
  'failed',
  'rejected',
  'expired',
  'denied',
  'cancelled',
  'unknown',
]);

const stepStatus: Wire<StepStatus> = v.picklist(stepStatuses);

export const runReport: Wire<RunReport> = v.object({
  run: runId,
  runbook: v.string(),
  environment: v.string(),
  status: runStatus,
  protected: v.exactOptional(v.boolean()),
  terminal: v.boolean(),
  exit_code: v.number(),
  stamp: v.picklist(['advisory', 'enforced']),
  break_glass: v.nullable(v.string()),
  glass_broken: v.boolean(),
  overrides: v.array(v.string()),
  reviews: v.array(
    v.object({ request: requestId, words: v.string(), step: v.string(), ...standingReview }),
  ),
  steps: v.array(
    v.object({
      id: v.string(),
      name: v.nullable(v.string()),
      status: stepStatus,
      attempt: v.number(),
      exit_code: v.exactOptional(v.number()),
      duration_ms: v.exactOptional(v.number()),
      outputs: v.exactOptional(v.record(v.string(), json)),
      reason: v.exactOptional(v.string()),
      done_by: v.exactOptional(v.string()),
      grant: v.exactOptional(
        v.object({
          request: v.string(),
          words: v.string(),
          use: v.number(),
          of: v.number(),
          approved_by: v.array(v.string()),
        }),
      ),
    }),
  ),
  requests: v.array(
    v.object({
      request: requestId,
      step: v.string(),
      steps: v.exactOptional(v.array(v.string())),
      digest: v.string(),
      words: v.string(),
      expires_at: time,
      missing,
      url: v.exactOptional(v.string()),
    }),
  ),
  reason: v.nullable(v.string()),
  hint: v.exactOptional(v.string()),
  next: v.nullable(v.object({ command: v.string() })),
  manual: v.exactOptional(
    v.object({
      step: v.string(),
      text: v.string(),
      ask: v.record(v.string(), ofNoun<Param>()),
      until: v.nullable(time),
    }),
  ),
  starts_at: v.exactOptional(time),
});

const runSummary: Wire<RunSummary> = v.object({
  run: runId,
  runbook: v.string(),
  environment: v.string(),
  status: runStatus,
  started: time,
  caller: v.string(),
  protected: v.exactOptional(v.boolean()),
  open_requests: v.exactOptional(v.number()),
  chain: v.exactOptional(v.array(ofNoun<ChainLink>())),
  reason: v.exactOptional(v.nullable(v.string())),
  break_glass: v.nullable(v.string()),
  glass_broken: v.boolean(),
  command: v.exactOptional(v.string()),
});

/** An entry. The data of each type stands in `run/events.ts`. */
export const recordedEntry: Wire<Recorded> = v.object({
  seq: count,
  time,
  run: v.nullable(runId),
  event: ofNoun<Event>(),
  hash: sha256,
});

export const runsAnswer: Wire<{ readonly runs: readonly RunSummary[] }> = v.object({
  runs: v.array(runSummary),
});

export const eventsAnswer: Wire<{ readonly events: readonly Recorded[] }> = v.object({
  events: v.array(recordedEntry),
});

/** `bytes` is base64. */
export const logsAnswer = v.object({
  logs: v.array(
    v.object({
      step: v.string(),
      attempt: count,
      stream: v.picklist(['stdout', 'stderr']),
      bytes: v.string(),
      erased: v.exactOptional(v.string()),
    }),
  ),
});

/** `event: output` of a stream; `chunk` is base64, masked. */
export const outputPiece = v.object({
  step: v.string(),
  stream: v.picklist(['stdout', 'stderr']),
  chunk: v.string(),
});

/** What a run is started from, and a plan is made for. */
export const startBody = v.strictObject({
  /** By its name: the server runs its own files and nobody else's. */
  runbook: v.pipe(v.string(), v.nonEmpty()),
  /** SHA-256 of the text that the caller saw: another file under this name is not what they meant. */
  source: v.optional(v.nullable(sha256), null),
  params: v.optional(v.record(v.string(), json), {}),
  environment: optionalText,
  reason: optionalText,
  ticket: optionalText,
  /** Name of a break-glass rule. Takes a reason, and a token of a person. */
  break_glass: v.exactOptional(v.string()),
  /** Names of denying rules to be lifted; likewise. */
  overrides: v.exactOptional(v.array(v.string())),
  /** Name of the grant rule under which the approval is to hold for later runs. */
  grant: v.exactOptional(v.string()),
  /** Nothing of it happens earlier. */
  not_before: v.exactOptional(time),
  /** Whoever signed that they start it: the run gets the id that stands in it. */
  signed: v.exactOptional(signedBody),
});
export type StartBody = v.InferOutput<typeof startBody>;

/** Of `start` and `resume`. */
export const runAnswer = v.object({ run: runId });

export const resumeBody = v.strictObject({
  params: v.optional(v.record(v.string(), json), {}),
  /** Whoever signed that they resume it. */
  signed: v.exactOptional(signedBody),
});

/** What a person says of a step that they were asked to do. */
export const doneBody = v.strictObject({
  outcome: v.picklist(['succeeded', 'failed']),
  note: optionalText,
  outputs: v.optional(v.record(v.string(), json), {}),
});

export const cancelBody = v.strictObject({ reason: optionalText });
