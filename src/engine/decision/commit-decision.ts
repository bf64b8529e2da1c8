import type { Evidence } from '../../approval/court/attested.ts';
import type { Refused } from '../../approval/court/court.ts';
import { judgeDecision } from '../../approval/court/judge-decision.ts';
import { loginEndsMs } from '../../approval/court/judge-login.ts';
import { missingOf, type Tally } from '../../approval/tally/tally.ts';
import { formatTime } from '../../base/clock.ts';
import {
  ConflictError,
  DeniedError,
  IntegrityError,
  RunbookError,
  UsageError,
} from '../../base/errors.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import type { Decided } from '../../run/events.ts';
import { tallyInRun } from '../../run/judge.ts';
import type { DecisionRecord, RequestRecord } from '../../run/state.ts';
import type { CommitInput } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig, type InForce } from '../ensure-config.ts';
import { type ProvenRun, proveRun } from '../proof/prove-run.ts';
import type { DecisionReport } from '../reports.ts';
import { untilSettled } from '../until-settled.ts';

/** One request as it is decided about: its run, proven, and the rules in force. */
export interface Bench {
  readonly proven: ProvenRun;
  readonly inForce: InForce;
  readonly request: RequestRecord;
}

/** Which request. */
export interface Asked {
  readonly run: RunId;
  readonly request: RequestId;
}

/**
 * Decides on the newest state of a request, and again on a newer one as often as somebody else moves it
 * first. Every other error passes through.
 */
export async function atBench(
  engine: Engine,
  of: Asked,
  decide: (bench: Bench) => Promise<DecisionReport>,
): Promise<DecisionReport> {
  return untilSettled(async () => decide(await openBench(engine, of)));
}

/** The newest state of a request. Throws IntegrityError `run_unproven`. */
export async function openBench(engine: Engine, of: Asked): Promise<Bench> {
  const inForce = await ensureConfig(engine);
  const proven = await proveRun(engine, of.run);
  const request = proven.state.requests.get(of.request);
  if (request === undefined) {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `request \`${of.request}\` is not in the proven journal`,
    });
  }
  return { proven, inForce, request };
}

/** The entry this evidence makes, as it is judged now. Throws DeniedError or IntegrityError with the reason. */
export function judgeEvidence(
  engine: Engine,
  { proven, inForce, request }: Bench,
  { evidence, channel }: { readonly evidence: Evidence; readonly channel: string },
): Decided {
  const judged = judgeDecision({
    evidence: { ...evidence, channel },
    time: formatTime(engine.clock.now().wallMs),
    request: { content: request.content, leafHash: request.hash, index: request.seq },
    people: inForce.rules.people,
    initiator: proven.state.initiator,
    served: proven.state.started.via === 'api',
    decisionIndexUpperBound: proven.head.size,
    rootAt: proven.rootAt,
    origin: engine.store.origin,
    policyDigest: request.content.policy.evaluation.policy_digest,
  });
  if (judged.kind === 'refused') {
    throw errorOf(judged);
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
    channel,
    statement: evidence.statement,
    signature: evidence.signature,
    ...(evidence.attested === undefined ? {} : { attested: evidence.attested }),
    ...(evidence.login === undefined ? {} : { login: evidence.login }),
  };
}

/** A judge's no as the error that a door shows. */
export function errorOf({ code, message, hint }: Refused): RunbookError {
  const facts = { code, message, hint };
  return code.startsWith('E_') ? new IntegrityError(facts) : new DeniedError(facts);
}

/** Too late is no: with the exit code that says what happened instead. */
export function refuseClosed(engine: Engine, bench: Bench, decision: Decided['decision']): void {
  const { state } = bench.proven;
  const { content, closed } = bench.request;
  if (state.finished !== null) {
    const message = `run \`${content.run}\` has ended: ${state.finished.status}`;
    throw new UsageError({ code: 'run_ended', message });
  }
  if (closed?.kind === 'superseded') {
    throw new UsageError({
      code: 'request_superseded',
      message: `request \`${content.id}\` was superseded: ${closed.changes[0] ?? 'its content changed'}`,
      hint: 'review the new one: `runbook requests`',
    });
  }
  // Granted by others and not used yet, a request still takes no approval after its time.
  const late =
    decision === 'approve' && engine.clock.now().wallMs >= Date.parse(content.limits.pending_until);
  const tally = tallyNow(engine, bench);
  if (closed?.kind === 'expired' || tally.kind === 'expired') {
    throw expired(content);
  }
  refuseOver(bench.request, decision, tally);
  if (late) {
    throw expired(content);
  }
}

/** What the count of its decisions and uses says: over, or the step has started under it. */
function refuseOver(
  { content, used }: RequestRecord,
  decision: Decided['decision'],
  tally: Tally,
): void {
  const { id } = content;
  if (tally.kind === 'rejected') {
    const message = `request \`${id}\` was rejected by \`${tally.by}\``;
    throw new RunbookError({ code: 'request_rejected', message }, 11);
  }
  const claimed = used > 0 && decision === 'approve' && tally.kind === 'granted';
  if (tally.kind === 'spent' || claimed) {
    throw new UsageError({
      code: 'request_claimed',
      message: `request \`${id}\` was claimed already: its step has started`,
    });
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

function tallyNow(engine: Engine, { proven, inForce, request }: Bench): Tally {
  const nowMs = engine.clock.now().wallMs;
  return tallyInRun(proven.state, request, { people: inForce.rules.people, nowMs });
}

/**
 * Commits a judged decision on top of the state it was judged by. Throws ConflictError where that moved, or
 * the token that it came with ended,
 * also where somebody else has just committed this very command.
 */
export async function commitDecision(
  engine: Engine,
  bench: Bench,
  { decided, commandId }: { readonly decided: Decided; readonly commandId: string },
): Promise<DecisionReport> {
  const { proven, inForce, request } = bench;
  const committed = await engine.store.commit({
    run: proven.state.run,
    expectedVersion: proven.state.version,
    commandId,
    events: [{ type: 'approval.decided', data: decided }],
    guards: {
      ...inForce.guards,
      ...guardTime(request, decided),
      ...guardSender(decided),
    },
  });
  if (committed.duplicate) {
    throw committedBefore(bench, { commandId, version: committed.version });
  }
  const entry: DecisionRecord = { data: decided, seq: committed.first, time: committed.head.time };
  const after = { ...request, decisions: [...request.decisions, entry] };
  return reportDecision(
    engine,
    { ...bench, request: after },
    { entry, checkpoint: committed.head.note, duplicate: false },
  );
}

/** Judged in time and entered too late, it would be held against the journal for good. */
function guardTime(
  { content }: RequestRecord,
  { decision, statement, login }: Decided,
): NonNullable<CommitInput['guards']> {
  const ends = [
    ...(decision === 'approve' ? [Date.parse(content.limits.pending_until)] : []),
    ...(login === undefined ? [] : [loginEndsMs({ statement, login })]),
  ];
  return ends.length === 0 ? {} : { beforeMs: Math.min(...ends) };
}

/** A token that was revoked or expired since it was judged decides nothing: the auditor would say so for good. */
function guardSender({ attested }: Decided): NonNullable<CommitInput['guards']> {
  const sender = attested?.identity ?? '';
  return sender.startsWith('token:') ? { tokenStands: sender.slice('token:'.length) } : {};
}

/** Committed since we looked: look again. Committed before, it would have been found. */
function committedBefore(
  { proven }: Bench,
  of: { readonly commandId: string; readonly version: number },
): RunbookError {
  const message = `\`${of.commandId}\` of run \`${proven.state.run}\` was committed before`;
  return of.version > proven.state.version
    ? new ConflictError({ code: 'version_moved', message })
    : new IntegrityError({
        code: 'run_unproven',
        message: `${message}, but its entry is not in the proven journal`,
        hint: 'run `runbook journal rebuild`, then `runbook audit verify`',
      });
}

/** The answer to a decision that stands in the journal already. */
export async function reportKnown(
  engine: Engine,
  bench: Bench,
  entry: DecisionRecord,
): Promise<DecisionReport> {
  const { note } = await engine.store.head();
  return reportDecision(engine, bench, { entry, checkpoint: note, duplicate: true });
}

function reportDecision(
  engine: Engine,
  bench: Bench,
  of: { readonly entry: DecisionRecord; readonly checkpoint: string; readonly duplicate: boolean },
): DecisionReport {
  const { data, seq } = of.entry;
  return {
    request: data.request,
    run: bench.request.content.run,
    decision: data.decision,
    person: data.person,
    assurance: data.assurance,
    missing: missingOf(tallyNow(engine, bench)),
    recorded: { index: seq, checkpoint: of.checkpoint },
    duplicate: of.duplicate,
  };
}
