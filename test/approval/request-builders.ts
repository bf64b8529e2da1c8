import type { CardInput } from '../../src/approval/card/card.ts';
import type { RequestContent } from '../../src/approval/request.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { BlobId, RequestId, RunId } from '../../src/base/ids.ts';
import type { Command } from '../../src/runbook/command.ts';
import { aSlot, byAna } from './builders.ts';

export function aCommand(more: Partial<Command> = {}): Command {
  return {
    v: 1,
    action: { kind: 'exec', argv: ['./cluster', 'restart', 'a'] },
    cwd: '/srv/runbooks',
    env: { CLUSTER: ['payments'] },
    stdin: null,
    programs: [{ path: '/srv/runbooks/cluster', sha256: sha256('cluster') }],
    files: [],
    timeout_ms: 300_000,
    retry: null,
    check: null,
    rollback: null,
    environment: 'prod',
    host: 'web1',
    uid: 1000,
    ...more,
  };
}

export function aRequest(more: Partial<RequestContent> = {}): RequestContent {
  return {
    v: 1,
    id: 'q1q1q1q1q1q1q1q1' as RequestId,
    run: 'r1r1r1r1r1r1r1r1' as RunId,
    step: 'restart',
    name: 'Restart one node after the other',
    runbook: {
      name: 'restart-cluster',
      plan: sha256('plan') as string as BlobId,
      source: sha256('source'),
      trusted: true,
    },
    commands: [
      { step: 'restart', digest: sha256('command'), command: sha256('blob') as string as BlobId },
    ],
    attempt: 1,
    target: { environment: 'prod', protected: true, host: 'web1', uid: 1000, user: 'ana' },
    initiator: byAna,
    why: { reason: 'leader is stuck', ticket: null },
    policy: {
      slots: [aSlot('floor', ['bob', 'carol'])],
      evaluation: {
        now: '2026-03-02T01:00:00.000Z',
        config: 3,
        policy_digest: 'p'.repeat(64),
        people_digest: 'q'.repeat(64),
        cel: 'cel 1',
        matched: [],
        failed: [],
      },
    },
    secrets: [],
    not_bound: [],
    effect: { idempotent: false, continue_on_error: false, has_check: false },
    grant: { uses: 1 },
    rollback: null,
    break_glass: null,
    limits: {
      created: '2026-03-02T01:00:00.000Z',
      pending_until: '2026-03-02T01:30:00.000Z',
      unused_ms: 600_000,
    },
    supersedes: null,
    previous: null,
    unverified: null,
    ...more,
  };
}

export function anOpenRequest(more: Partial<CardInput> = {}): CardInput {
  return {
    content: aRequest(),
    command: aCommand(),
    previous: null,
    words: 'amber-canoe-tiger-violin-1f3a9c04',
    nowMs: Date.parse('2026-03-02T01:10:00.000Z'),
    missing: [{ slot: 'floor', count: 1, from: ['*'] }],
    ...more,
  };
}
