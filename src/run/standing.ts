import type { RetryPolicy } from '../runbook/command.ts';
import type { PlannedStep } from '../runbook/plan.ts';
import type { StepFinished } from './events.ts';
import type { Attempt, RequestRecord, RunState, StepRecord } from './state.ts';
import { usesOf } from './together.ts';

/** Where one step stands, by its entries alone: no clock, no people. */
export type Standing =
  | { readonly kind: 'skipped' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'running'; readonly attempt: Attempt }
  /** A person was asked to do it and has not said how it went. */
  | { readonly kind: 'asked'; readonly attempt: Attempt }
  | { readonly kind: 'unknown'; readonly attempt: Attempt }
  | { readonly kind: 'succeeded' }
  /** Failed, and nothing left to try. */
  | { readonly kind: 'failed'; readonly reason: string | null }
  /** Expired and nobody resumed since. */
  | { readonly kind: 'expired'; readonly request: RequestRecord }
  /** Due for attempt `attempt`: under `request` where there is an open one, not before `notBeforeMs`. */
  | {
      readonly kind: 'due';
      readonly attempt: number;
      readonly request: RequestRecord | null;
      readonly notBeforeMs: number;
    };

/** Where `step` stands in this run. */
export function standingOf(state: RunState, step: PlannedStep): Standing {
  const record = state.steps.get(step.id);
  if (record === undefined) {
    return { kind: 'failed', reason: `step \`${step.id}\` is not part of this run` };
  }
  if (record.skipped !== null) {
    return { kind: 'skipped' };
  }
  if (record.denied !== null) {
    return { kind: 'denied' };
  }
  const last = record.attempts.at(-1);
  return last === undefined ? due(state, record, 0) : afterAttempt(state, step, last);
}

function afterAttempt(state: RunState, step: PlannedStep, last: Attempt): Standing {
  const record = state.steps.get(step.id);
  const outcome = outcomeOf(last);
  switch (outcome.kind) {
    case 'retry':
      return record === undefined ? outcome.otherwise : due(state, record, 0);
    case 'failed': {
      const waitMs = retryDelay(step.retry, record?.attempts ?? [], outcome.finished);
      return waitMs === null || record === undefined
        ? { kind: 'failed', reason: outcome.reason }
        : due(state, record, outcome.atMs + waitMs);
    }
    case 'running':
    case 'asked':
    case 'unknown':
      return { kind: outcome.kind, attempt: last };
    case 'succeeded':
      return { kind: 'succeeded' };
  }
}

type Outcome =
  | { readonly kind: 'running' | 'asked' | 'unknown' | 'succeeded' }
  | { readonly kind: 'retry'; readonly otherwise: Standing }
  | {
      readonly kind: 'failed';
      readonly reason: string | null;
      readonly finished: StepFinished | null;
      readonly atMs: number;
    };

function outcomeOf(attempt: Attempt): Outcome {
  if (attempt.resolved !== null) {
    return resolvedOutcome(attempt.resolved.outcome, attempt.resolved.reason);
  }
  if (attempt.unknown !== null) {
    return { kind: 'unknown' };
  }
  if (attempt.finished === null) {
    return { kind: attempt.asked === undefined ? 'running' : 'asked' };
  }
  const { data, time } = attempt.finished;
  return data.outcome === 'succeeded'
    ? { kind: 'succeeded' }
    : { kind: 'failed', reason: data.reason, finished: data, atMs: Date.parse(time) };
}

function resolvedOutcome(
  outcome: 'succeeded' | 'failed' | 'retry',
  reason: string | null,
): Outcome {
  switch (outcome) {
    case 'succeeded':
      return { kind: 'succeeded' };
    case 'retry':
      return { kind: 'retry', otherwise: { kind: 'failed', reason } };
    case 'failed':
      // Settled by a person: no retry policy argues with that.
      return { kind: 'failed', reason, finished: null, atMs: 0 };
  }
}

function due(state: RunState, record: StepRecord, notBeforeMs: number): Standing {
  const attempt = record.attempts.length + 1;
  const lastId = record.requests.at(-1);
  const request = lastId === undefined ? undefined : state.requests.get(lastId);
  if (request === undefined) {
    return { kind: 'due', attempt, request: null, notBeforeMs };
  }
  if (request.closed?.kind === 'expired' && !request.closed.reopened) {
    return { kind: 'expired', request };
  }
  const { allowed, made } = usesOf(state, request, record.id);
  const spent = made >= allowed;
  return {
    kind: 'due',
    attempt,
    request: request.closed !== null || spent ? null : request,
    notBeforeMs,
  };
}

/** Milliseconds to wait before the next try; null where there is none: tries used up, or not this failure. */
function retryDelay(
  retry: RetryPolicy | null,
  attempts: readonly Attempt[],
  failure: StepFinished | null,
): number | null {
  const tries = attempts.filter(({ finished }) => finished?.data.outcome === 'failed').length;
  if (retry === null || failure === null || tries >= retry.attempts || !mayRetry(retry, failure)) {
    return null;
  }
  return Math.min(retry.delay_ms * retry.backoff ** (tries - 1), retry.max_delay_ms);
}

/** Only a failure that is known, and not one we were told to cause. */
function mayRetry(retry: RetryPolicy, failure: StepFinished): boolean {
  if (failure.failure === 'cancelled' || failure.failure === 'outputs') {
    return false;
  }
  return (
    retry.on.length === 0 ||
    retry.on.some((cause) => {
      switch (cause.kind) {
        case 'exit':
          return failure.failure === 'exit' && failure.exit_code === cause.code;
        case 'status':
          return failure.failure === 'status' && failure.status === cause.code;
        case 'expect':
          return failure.failure === 'expect';
        case 'timeout':
          return failure.failure === 'timeout';
      }
    })
  );
}
