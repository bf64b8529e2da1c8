import { encodeStatement } from '../../approval/statement/statement.ts';
import { formatTime } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { type BlobId, newRequestId, newRunId } from '../../base/ids.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { Case } from '../../run/judge.ts';
import type { DecisionRecord, RequestRecord } from '../../run/state.ts';
import type { CaseDecision } from './case-file.ts';

/** A request as its entry would have it, and what was decided about it. Nothing was asked or signed. */
export interface AsIfRequest {
  readonly one: Case;
  readonly verdict: Extract<Verdict, { kind: 'ask' }>;
  readonly createdMs: number;
  readonly decisions: readonly CaseDecision[];
}

/** For the tally alone: it looks at slots, limits, people and times. */
export function recordAsIf(of: AsIfRequest): RequestRecord {
  const inOrder = [...of.decisions].sort((one, other) => one.afterMs - other.afterMs);
  return {
    content: contentAsIf(of),
    seq: 1,
    hash: digest,
    decisions: inOrder.map((decision, index) => decisionAsIf(of, decision, index + 2)),
    used: 0,
    closed: null,
    review: null,
  };
}

const digest = sha256('');
/** Names no blob: nothing was stored, and a tally reads none. */
const blob = digest as string as BlobId;
const request = newRequestId();
const run = newRunId();

function contentAsIf({ one, verdict, createdMs }: AsIfRequest): RequestRecord['content'] {
  const { plan, step, initiator, reason, ticket } = one;
  const { name, source, trusted } = plan.runbook;
  return {
    v: 1,
    id: request,
    run,
    step: step.id,
    name: step.name,
    runbook: { name, plan: blob, source, trusted },
    commands: [{ step: step.id, digest, command: blob }],
    attempt: 1,
    target: {
      environment: plan.environment.name,
      protected: plan.environment.protected,
      host: 'host',
      uid: 0,
      user: 'user',
    },
    initiator,
    why: { reason, ticket },
    policy: { slots: verdict.slots, evaluation: verdict.evaluation },
    secrets: [],
    not_bound: [],
    effect: { idempotent: false, continue_on_error: false, has_check: false },
    grant: { uses: 1 },
    rollback: null,
    break_glass: verdict.breakGlass,
    limits: {
      created: formatTime(createdMs),
      pending_until: formatTime(createdMs + verdict.pendingMs),
      unused_ms: verdict.unusedMs,
    },
    supersedes: null,
    previous: null,
    unverified: null,
  };
}

function decisionAsIf(
  { one, createdMs, verdict }: AsIfRequest,
  decision: CaseDecision,
  seq: number,
): DecisionRecord {
  const { person, assurance, presence, verified, afterMs } = decision;
  const time = formatTime(createdMs + afterMs);
  const reason = decision.decision === 'approve' ? null : 'because';
  const statement = encodeStatement({
    v: 1,
    decision: decision.decision,
    request: digest,
    commands: [digest],
    environment: one.plan.environment.name,
    policy_digest: digest,
    slots: verdict.slots.map(({ id }) => id),
    reason,
    person,
    time,
    nonce: '0'.repeat(32),
    log: { origin: 'as-if', size: seq, root: Buffer.alloc(32).toString('base64') },
  });
  return {
    seq,
    time,
    data: {
      request,
      id: sha256(statement),
      decision: decision.decision,
      person,
      reason,
      assurance,
      presence,
      verified,
      channel: 'cli',
      statement,
      signature: null,
    },
  };
}
