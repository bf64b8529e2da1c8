import type { TokenIssued } from '../../src/approval/token.ts';
import { sha256 } from '../../src/base/digest.ts';
import {
  type BlobId,
  newRequestId,
  newTokenId,
  type RequestId,
  type RunId,
} from '../../src/base/ids.ts';
import type { Evaluation } from '../../src/policy/policy.ts';
import type { ConfigSet, Decided, Event, RunStarted, StepStarted } from '../../src/run/events.ts';

/** Events with all they need and nothing that matters, for tests of what keeps them. */

const digest = sha256('x');
const blob: BlobId = digest as string as BlobId;

const evaluation: Evaluation = {
  now: '2026-01-02T03:04:05.678Z',
  config: 1,
  policy_digest: digest,
  people_digest: digest,
  cel: 'test',
  matched: [],
  failed: [],
};

export function configSet(by = 'os:ana@web1'): Event {
  const digests = { people_digest: digest, policy_digest: digest, config_digest: digest };
  const data: ConfigSet = { people: blob, policy: blob, config: blob, ...digests, by };
  return { type: 'config.set', data };
}

/** Names nothing, and belongs to no run. */
export function sinkGap(): Event {
  const since = '2026-11-21T22:00:00.000Z';
  return {
    type: 'sink.gap',
    data: { sink: 'office', kind: 'witness', since, acknowledged: 0, why: 'no answer' },
  };
}

export function runStarted(more: Partial<RunStarted> = {}): Event {
  const chain = [{ role: 'caller', identity: 'os:ana@web1', person: 'ana' }] as const;
  const data: RunStarted = {
    runbook: { name: 'deploy', file: 'runbooks/deploy.yaml', source: digest, trusted: false },
    plan: blob,
    plan_digest: digest,
    environment: 'prod',
    initiator: { kind: 'person', chain },
    reason: null,
    ticket: null,
    steps: [{ id: 'restart', list: 'steps', privileged: true }],
    secrets: {},
    host: 'web1',
    uid: 1000,
    config: 1,
    stamp: 'advisory',
    program: 'test',
    ...more,
  };
  return { type: 'run.started', data };
}

export function runResumed(): Event {
  const link = { role: 'resumer', identity: 'os:ana@web1', person: 'ana' } as const;
  return { type: 'run.resumed', data: { links: [link] } };
}

export function runFinished(status: 'succeeded' | 'rejected' = 'succeeded'): Event {
  return { type: 'run.finished', data: { status, exit_code: status === 'succeeded' ? 0 : 11 } };
}

export function stepStarted(
  more: { step?: string; attempt?: number; request?: RequestId } = {},
): Event {
  const permit: StepStarted['permit'] =
    more.request === undefined
      ? { kind: 'policy', evaluation }
      : { kind: 'grant', request: more.request, use: 1, evaluation };
  const { step = 'restart', attempt = 1 } = more;
  return {
    type: 'step.started',
    data: { step, attempt, digest, command: null, token: 'token', permit },
  };
}

export function stepFinished(more: { step?: string; attempt?: number } = {}): Event {
  const none = { reason: null, failure: null, signal: null, status: null };
  const output = { stdout: null, stderr: null, outputs: null, secret_outputs: {} };
  const { step = 'restart', attempt = 1 } = more;
  const ended = { outcome: 'succeeded', exit_code: 0, duration_ms: 5 } as const;
  return { type: 'step.finished', data: { step, attempt, ...ended, ...none, ...output } };
}

export function stepUnknown(): Event {
  return { type: 'step.unknown', data: { step: 'restart', attempt: 1, why: 'crash' } };
}

export function approvalRequested(run: RunId, id: RequestId = newRequestId()): Event {
  return {
    type: 'approval.requested',
    data: {
      v: 1,
      id,
      run,
      step: 'restart',
      name: null,
      runbook: { name: 'deploy', plan: blob, source: digest, trusted: false },
      commands: [{ step: 'restart', digest, command: blob }],
      attempt: 1,
      target: { environment: 'prod', protected: true, host: 'web1', uid: 1000, user: 'ana' },
      initiator: { kind: 'person', chain: [] },
      why: { reason: null, ticket: null },
      policy: { slots: [], evaluation },
      secrets: [],
      not_bound: [],
      effect: { idempotent: false, continue_on_error: false, has_check: false },
      grant: { uses: 1 },
      rollback: null,
      break_glass: null,
      limits: {
        created: '2026-01-02T03:04:05.678Z',
        pending_until: '2026-01-02T03:34:05.678Z',
        unused_ms: 600_000,
      },
      supersedes: null,
      previous: null,
      unverified: null,
    },
  };
}

export function decided(
  request: RequestId,
  decision: Decided['decision'] = 'approve',
  statement = `${decision} ${request}`,
): Event {
  const proof = { assurance: 'A3', presence: false, verified: false } as const;
  return {
    type: 'approval.decided',
    data: {
      request,
      id: sha256(statement),
      decision,
      person: 'bo',
      reason: null,
      ...proof,
      channel: 'cli',
      statement,
      signature: 'AAAA',
    },
  };
}

export function expired(request: RequestId): Event {
  return { type: 'approval.expired', data: { request, which: 'pending' } };
}

export function tokenIssued(more: Partial<TokenIssued> = {}): Event {
  const token = more.token ?? newTokenId();
  const data: TokenIssued = {
    token,
    hash: sha256(token),
    holder: { kind: 'person', id: 'ana' },
    scopes: ['start', 'read'],
    label: null,
    expires_at: '2026-02-02T03:04:05.678Z',
    by: 'os:root@web1',
    ...more,
  };
  return { type: 'token.issued', data };
}

export function tokenRevoked(token: string): Event {
  return { type: 'token.revoked', data: { token, by: 'os:root@web1' } };
}
