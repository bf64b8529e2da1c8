import { judgeDecision } from '../approval/judge-decision.ts';
import { decisionId, parseStatement, type SignedStatement } from '../approval/statement.ts';
import type { MissingSlot, Tally } from '../approval/tally.ts';
import {
  ConflictError,
  DeniedError,
  IntegrityError,
  RunbookError,
  UsageError,
} from '../base/errors.ts';
import type { Decided, Event } from '../run/events.ts';
import { lastUseMs, tallyRequest } from '../run/judge.ts';
import type { RequestRecord } from '../run/state.ts';
import type { Committed } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { ensureConfig, type InForce } from './ensure-config.ts';
import { type ProvenRun, proveRun } from './prove-run.ts';
import type { DecisionReport } from './reports.ts';

/**
 * The only way in for an approval, a rejection or a revocation, whatever brought it here. Who carries it
 * does not matter: the key's person counts. Recording one never starts anything. The same statement
 * handed in twice is recorded once.
 */
export async function recordDecision(
  engine: Engine,
  signed: SignedStatement,
  channel: string,
): Promise<DecisionReport> {
  const statement = parseStatement(signed.statement);
  const row = await engine.store.requestByHash(statement.request);
  if (row === null) {
    throw new UsageError({
      code: 'request_unknown',
      message: 'the decision is about a request that this journal does not have',
      hint: `it was signed for the log \`${statement.log.origin}\`, and this one is \`${engine.store.origin}\``,
    });
  }
  for (;;) {
    try {
      return await tryRecord(engine, { signed, channel, run: row.run, request: row.request });
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        throw error;
      }
    }
  }
}

async function tryRecord(
  engine: Engine,
  of: {
    readonly signed: SignedStatement;
    readonly channel: string;
    readonly run: ProvenRun['state']['run'];
    readonly request: RequestRecord['content']['id'];
  },
): Promise<DecisionReport> {
  const inForce = await ensureConfig(engine);
  const proven = await proveRun(engine, of.run);
  const request = proven.state.requests.get(of.request);
  if (request === undefined) {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `request \`${of.request}\` is not in the proven journal`,
    });
  }
  const known = request.decisions.find(({ data }) => data.id === decisionId(of.signed));
  if (known !== undefined) {
    return report(engine, {
      proven,
      inForce,
      request,
      decided: known.data,
      index: known.seq,
      checkpoint: (await engine.store.head()).note,
      duplicate: true,
    });
  }
  const decided = judge(engine, {
    proven,
    inForce,
    request,
    signed: of.signed,
    channel: of.channel,
  });
  refuseClosed(proven, { request, decided, tally: tallyNow(engine, { proven, inForce, request }) });
  refuseLate(engine, request, decided);
  const committed = await commit(engine, { proven, inForce, request, decided });
  return report(engine, {
    proven,
    inForce,
    request: withDecision(request, decided, committed),
    decided,
    index: committed.first,
    checkpoint: committed.head.note,
    duplicate: false,
  });
}

function judge(
  engine: Engine,
  of: {
    readonly proven: ProvenRun;
    readonly inForce: InForce;
    readonly request: RequestRecord;
    readonly signed: SignedStatement;
    readonly channel: string;
  },
): Decided {
  const { proven, inForce, request, signed } = of;
  const judged = judgeDecision({
    signed,
    request: { content: request.content, leafHash: request.hash, index: request.seq },
    people: inForce.rules.people,
    initiator: proven.state.initiator,
    decisionIndexUpperBound: proven.head.size,
    rootAt: proven.rootAt,
    origin: engine.store.origin,
    policyDigest: request.content.policy.evaluation.policy_digest,
  });
  if (judged.kind === 'refused') {
    const facts = { code: judged.code, message: judged.message, hint: judged.hint };
    throw judged.code.startsWith('E_') ? new IntegrityError(facts) : new DeniedError(facts);
  }
  const { id, decision, person, reason, assurance, presence, verified } = judged;
  return {
    request: request.content.id,
    id,
    decision,
    person,
    reason,
    assurance,
    presence,
    verified,
    channel: of.channel,
    statement: signed.statement,
    signature: signed.signature,
  };
}

function tallyNow(
  engine: Engine,
  of: { readonly proven: ProvenRun; readonly inForce: InForce; readonly request: RequestRecord },
): Tally {
  return tallyRequest(of.request, {
    people: of.inForce.rules.people,
    initiator: of.proven.state.initiator,
    nowMs: engine.clock.now().wallMs,
    lastUseMs: lastUseMs(of.proven.state, of.request),
  });
}

/** Too late is no: with the exit code that says what happened instead. */
function refuseClosed(
  proven: ProvenRun,
  of: { readonly request: RequestRecord; readonly decided: Decided; readonly tally: Tally },
): void {
  const { request, decided, tally } = of;
  const { id, run } = request.content;
  if (proven.state.finished !== null) {
    const status = proven.state.finished.status;
    throw new UsageError({ code: 'run_ended', message: `run \`${run}\` has ended: ${status}` });
  }
  if (request.closed?.kind === 'superseded') {
    throw new UsageError({
      code: 'request_superseded',
      message: `request \`${id}\` was superseded: ${request.closed.changes[0] ?? 'its content changed'}`,
      hint: 'review the new one: `runbook requests`',
    });
  }
  if (request.closed?.kind === 'expired') {
    throw expired(request.content);
  }
  refuseOver(request, decided, tally);
}

/** What the count of its decisions and uses says: over, or the step has started under it. */
function refuseOver({ content, used }: RequestRecord, decided: Decided, tally: Tally): void {
  const { id } = content;
  if (tally.kind === 'expired') {
    throw expired(content);
  }
  if (tally.kind === 'rejected') {
    const message = `request \`${id}\` was rejected by \`${tally.by}\``;
    throw new RunbookError({ code: 'request_rejected', message }, 11);
  }
  const claimed = used > 0 && decided.decision === 'approve' && tally.kind === 'granted';
  if (tally.kind === 'spent' || claimed) {
    throw new UsageError({
      code: 'request_claimed',
      message: `request \`${id}\` was claimed already: its step has started`,
    });
  }
}

/** Granted by others and not used yet, a request still takes no approval after its time. */
function refuseLate(engine: Engine, { content }: RequestRecord, { decision }: Decided): void {
  const untilMs = Date.parse(content.limits.pending_until);
  if (decision === 'approve' && engine.clock.now().wallMs >= untilMs) {
    throw expired(content);
  }
}

function expired({ id, run }: RequestRecord['content']): RunbookError {
  return new RunbookError(
    {
      code: 'request_expired',
      message: `request \`${id}\` has expired`,
      hint: `\`runbook resume ${run}\` asks anew`,
    },
    12,
  );
}

async function commit(
  engine: Engine,
  of: {
    readonly proven: ProvenRun;
    readonly inForce: InForce;
    readonly request: RequestRecord;
    readonly decided: Decided;
  },
): Promise<Committed> {
  const { proven, inForce, request, decided } = of;
  const event: Event = { type: 'approval.decided', data: decided };
  return engine.store.commit({
    run: proven.state.run,
    expectedVersion: proven.state.version,
    commandId: `decide.${decided.id}`,
    events: [event],
    guards: {
      config: inForce.rules.config,
      ...(decided.decision === 'approve'
        ? { beforeMs: Date.parse(request.content.limits.pending_until) }
        : {}),
    },
  });
}

function withDecision(request: RequestRecord, data: Decided, committed: Committed): RequestRecord {
  const decision = { data, seq: committed.first, time: committed.head.time };
  return { ...request, decisions: [...request.decisions, decision] };
}

function report(
  engine: Engine,
  of: {
    readonly proven: ProvenRun;
    readonly inForce: InForce;
    readonly request: RequestRecord;
    readonly decided: Decided;
    readonly index: number;
    readonly checkpoint: string;
    readonly duplicate: boolean;
  },
): DecisionReport {
  const { decided } = of;
  return {
    request: decided.request,
    run: of.request.content.run,
    decision: decided.decision,
    person: decided.person,
    assurance: decided.assurance,
    missing: missingOf(tallyNow(engine, of)),
    recorded: { index: of.index, checkpoint: of.checkpoint },
    duplicate: of.duplicate,
  };
}

/** What a request still lacks; nothing once it is granted or over. */
export function missingOf(tally: Tally): readonly MissingSlot[] {
  return tally.kind === 'open' || tally.kind === 'revoked' ? tally.missing : [];
}
