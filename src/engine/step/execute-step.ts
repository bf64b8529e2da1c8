import type { ActionResult, Capture } from '../../actions/action.ts';
import { commitment } from '../../base/digest.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Scope } from '../../base/expression-value.ts';
import { newSalt, type Sha256 } from '../../base/ids.ts';
import type { Json } from '../../base/json.ts';
import { maskText } from '../../base/mask.ts';
import type { StepFinished } from '../../run/events.ts';
import { judgeResult, readOutputs, type StepResult } from '../../runbook/judge.ts';
import type { Expectation, PlannedStep } from '../../runbook/plan.ts';
import { expressionScope } from '../../runbook/scope.ts';
import type { Session } from '../session.ts';
import { type Keeper, type Kept, openKeeper, openLog } from './keep-output.ts';
import { scopeOf } from './scope.ts';
import type { Execution } from './start-attempt.ts';

/** How an attempt ended, not committed yet. */
export type Ended =
  | {
      readonly kind: 'finished';
      readonly data: StepFinished;
      readonly openings: readonly { readonly commitment: Sha256; readonly salt: Buffer }[];
    }
  /** The request may have reached its target and nobody can say: never tried again by itself. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Runs one recorded attempt to its end and says how it went. Output is masked, streamed and stored. */
export async function executeStep(
  session: Session,
  execution: Execution,
  signal: AbortSignal,
): Promise<Ended> {
  const { step, command, permit } = execution;
  const { engine } = session;
  const hidden = Object.values(step.outputs).some(({ secret }) => secret);
  const log = await openLog(engine.store, hidden);
  const result = await engine.actions.start(
    { permit, command },
    {
      secrets: session.secrets,
      output: (stream, chunk) => {
        log.write(stream, chunk);
        if (!hidden) {
          session.listener.output(step.id, stream, chunk);
        }
      },
      signal,
      graceMs: engine.graceMs,
      hosts: session.plan.environment.hosts,
    },
  );
  const kept = await log.finish();
  const doubt = doubtOf(result, execution);
  return doubt === null
    ? conclude(session, execution, { result, kept })
    : { kind: 'unknown', why: maskText(doubt, session.secrets.values()) };
}

/** Why nobody can say how it went; null where its end is known. */
function doubtOf(result: ActionResult, execution: Execution): string | null {
  if (result.kind === 'no_response' && !isSafe(execution)) {
    return result.message;
  }
  return result.kind === 'exited' && result.exitCode === null && result.signal === null
    ? 'its process could not be ended and may still run'
    : null;
}

/** RFC 9110 9.2.1: without an answer, only a safe method is known to have changed nothing. */
function isSafe({ command }: Execution): boolean {
  return (
    command.action.kind === 'http' && ['GET', 'HEAD', 'OPTIONS'].includes(command.action.method)
  );
}

async function conclude(
  session: Session,
  execution: Execution,
  { result, kept }: { readonly result: ActionResult; readonly kept: Kept },
): Promise<Ended> {
  const { step, attempt } = execution;
  const scope = await resultScope(session, step);
  const verdict = judgeAction(result, {
    expect: step.expect,
    timeoutMs: step.timeout_ms,
    scope,
  });
  const base = {
    step: step.id,
    attempt,
    ...measures(result),
    stdout: kept.stdout,
    stderr: kept.stderr,
  };
  if (verdict.failure !== null) {
    const data: StepFinished = {
      ...base,
      outcome: 'failed',
      ...verdict,
      reason: masked(session, verdict.reason),
      outputs: null,
      secret_outputs: {},
    };
    return { kind: 'finished', data, openings: [] };
  }
  const read = readOutputs(
    step,
    stepResult(result, scope),
    result.kind === 'exited' ? result.outputFile : '',
  );
  const fault = result.kind === 'exited' ? (result.outputFileFault ?? null) : null;
  const problem = fault ?? (read.ok ? leakOf(session, read.outputs) : read.reason);
  if (!read.ok || problem !== null) {
    const data: StepFinished = {
      ...base,
      outcome: 'failed',
      reason: masked(session, problem),
      failure: 'outputs',
      outputs: null,
      secret_outputs: {},
    };
    return { kind: 'finished', data, openings: [] };
  }
  return succeed(session, base, { ...read, lost: kept.lost });
}

async function succeed(
  session: Session,
  base: Omit<StepFinished, 'outcome' | 'reason' | 'failure' | 'outputs' | 'secret_outputs'>,
  read: {
    readonly outputs: Readonly<Record<string, Json>>;
    readonly secretOutputs: Readonly<Record<string, string>>;
    readonly lost: string | null;
  },
): Promise<Ended> {
  const outputs = await keepOutputs(session, base.step, read.outputs);
  const lost = read.lost ?? outputs.lost;
  const secrets = Object.entries(read.secretOutputs).map(([key, value]) => {
    const path = `steps.${base.step}.outputs.${key}`;
    const salt = newSalt();
    session.secrets.set(path, value);
    return { key, salt, commitment: commitment(salt, path, value) };
  });
  return {
    kind: 'finished',
    data: {
      ...base,
      outcome: 'succeeded',
      reason: lost === null ? null : `what it said was not kept: ${lost}`,
      failure: null,
      outputs: outputs.id,
      secret_outputs: Object.fromEntries(secrets.map(({ key, commitment }) => [key, commitment])),
    },
    openings: secrets.map(({ commitment, salt }) => ({ commitment, salt })),
  };
}

/** Outputs that could not be stored are not there for anybody: later steps see what the journal says. */
async function keepOutputs(
  session: Session,
  step: string,
  outputs: Readonly<Record<string, Json>>,
): ReturnType<Keeper['finish']> {
  if (Object.keys(outputs).length === 0) {
    return { id: null, lost: null };
  }
  const keeper = await openKeeper(session.engine.store);
  keeper.write(Buffer.from(JSON.stringify(outputs)));
  const kept = await keeper.finish();
  if (kept.lost === null) {
    session.rememberOutputs(step, outputs);
  }
  return kept;
}

/** Reasons quote what a step printed or answered: entries hold no secret, whoever put it there. */
function masked(session: Session, reason: string | null): string | null {
  return reason === null ? null : maskText(reason, session.secrets.values());
}

/** An output that carries a secret, in any form, must say so: else it would be stored, or masked into nonsense. */
function leakOf(session: Session, outputs: Readonly<Record<string, Json>>): string | null {
  for (const [key, value] of Object.entries(outputs)) {
    const text = JSON.stringify(value);
    const leaked = [...session.secrets].find(([, secret]) => maskText(text, [secret]) !== text);
    if (leaked !== undefined) {
      return `output \`${key}\` contains the secret \`${leaked[0]}\`: mark it \`secret: true\``;
    }
  }
  return null;
}

/** What of a result is recorded as numbers. */
export function measures(
  result: ActionResult,
): Pick<StepFinished, 'exit_code' | 'signal' | 'status' | 'duration_ms'> {
  return {
    exit_code: result.kind === 'exited' ? result.exitCode : null,
    signal: result.kind === 'exited' ? result.signal : null,
    status: result.kind === 'responded' ? result.status : null,
    duration_ms: 'durationMs' in result ? Math.round(result.durationMs) : 0,
  };
}

interface Failure {
  readonly failure: StepFinished['failure'];
  readonly reason: string | null;
}

/** What a result is held against. */
export interface Yardstick {
  readonly expect: Expectation;
  readonly timeoutMs: number;
  /** What expressions may name besides the result. */
  readonly scope: Scope;
}

/** What `that` and outputs may name; built only where there is one of them. */
export async function resultScope(session: Session, step: PlannedStep): Promise<Scope> {
  const looks = [step.expect.that, step.check?.expect.that ?? null, ...Object.values(step.outputs)];
  return looks.every((one) => one === null)
    ? {}
    : expressionScope(session.plan, await scopeOf(session, null));
}

/** Whether what the action did is what the step expects. */
export function judgeAction(result: ActionResult, by: Yardstick): Failure {
  switch (result.kind) {
    case 'not_started':
    case 'refused':
      return { failure: 'start', reason: result.message };
    case 'no_response':
      return {
        failure: result.ended === 'connection' ? 'status' : result.ended,
        reason: result.message,
      };
    case 'exited':
      if (result.ended !== 'itself') {
        const timedOut = `timed out after ${formatDuration(by.timeoutMs)}`;
        return {
          failure: result.ended,
          reason: result.ended === 'timeout' ? timedOut : 'cancelled',
        };
      }
      return judged(result, by);
    case 'responded':
      return judged(result, by);
  }
}

function judged(result: ActionResult, { expect, scope }: Yardstick): Failure {
  const verdict = judgeResult(expect, stepResult(result, scope));
  return verdict.ok
    ? { failure: null, reason: null }
    : { failure: verdict.failure, reason: verdict.reason };
}

function stepResult(result: ActionResult, scope: Scope): StepResult {
  switch (result.kind) {
    case 'exited':
      return { stdout: textOf(result.stdout), exitCode: result.exitCode, response: null, scope };
    case 'responded': {
      const { status, headers, body } = result;
      return {
        stdout: null,
        exitCode: null,
        response: { status, headers, body: textOf(body) },
        scope,
      };
    }
    case 'no_response':
    case 'not_started':
    case 'refused':
      return { stdout: null, exitCode: null, response: null, scope };
  }
}

/** Null where there was more than is kept: an expression must not judge half of it. */
function textOf(capture: Capture): string | null {
  return capture.complete ? capture.bytes.toString('utf8') : null;
}
