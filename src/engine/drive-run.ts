import { personOf } from '../approval/identity.ts';
import { formatTime } from '../base/clock.ts';
import { DeniedError, HeldError, UsageError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import { describeProcess, isProcessAlive } from '../base/process.ts';
import { lastUseMs, tallyRequest } from '../run/judge.ts';
import { type Due, type Now, next } from '../run/next.ts';
import type { Holder } from '../store/store.ts';
import { awaitDecision } from './await-decision.ts';
import { type Begun, beginAttempt } from './begin-attempt.ts';
import { claimStep } from './claim-step.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import { proveRun } from './prove-run.ts';
import { flush, runAttempt, type Turn, toRecord } from './run-attempt.ts';
import type { DriveOptions } from './service.ts';
import { loadPlan, Session } from './session.ts';
import { settleStep, settleUnknown } from './settle-step.ts';
import { sleep } from './wait.ts';

/**
 * Drives a run: what is due, do it, commit, again, until it ends or only a person can go on. Holds the
 * run meanwhile. Whatever happens in between, the journal alone says where it stands.
 */
export async function driveRun(
  engine: Engine,
  of: { readonly run: RunId; readonly secrets: ReadonlyMap<string, string> },
  options: DriveOptions,
): Promise<void> {
  const holder = describeSelf(engine);
  const other = await engine.store.takeHold(of.run, holder, isProcessAlive);
  if (other !== null) {
    throw new HeldError({
      code: 'run_held',
      message: `run \`${of.run}\` is driven by process ${other.pid} on ${other.host} since ${other.since}`,
      hint: `\`runbook wait ${of.run}\` follows it, \`runbook cancel ${of.run}\` stops it`,
    });
  }
  try {
    const inForce = await ensureConfig(engine);
    // Proven: a plan swapped in the database for one without privileged steps would ask nobody.
    const { state } = await proveRun(engine, of.run);
    const plan = await loadPlan(engine, state);
    const session = new Session({
      engine,
      plan,
      listener: options.listener,
      secrets: of.secrets,
      state,
      inForce,
    });
    await loop(session, options);
  } finally {
    await engine.store.releaseHold(of.run, holder);
  }
}

function describeSelf(engine: Engine): Holder {
  const { boot, wallMs } = engine.clock.now();
  return {
    host: engine.host,
    pid: process.pid,
    boot,
    startTime: describeProcess(process.pid) ?? '',
    since: formatTime(wallMs),
  };
}

async function loop(session: Session, options: DriveOptions): Promise<void> {
  const turn: Turn = { carry: null };
  try {
    await takeTurns(session, turn, options);
  } catch (error) {
    // What went wrong came after it: how a step ended is known, and closing entries have the reserve.
    await flush(session, turn).catch(() => undefined);
    throw error;
  }
}

async function takeTurns(session: Session, turn: Turn, options: DriveOptions): Promise<void> {
  for (;;) {
    const due = whatIsDue(session, turn, options);
    if (turn.carry !== null && due.kind !== 'attempt') {
      await flush(session, turn);
      continue;
    }
    if (await interrupted(session, { due, turn }, options)) {
      continue;
    }
    if ((await act(session, { due, turn }, options)) === 'stop') {
      return;
    }
  }
}

function whatIsDue(session: Session, turn: Turn, options: DriveOptions): Due {
  const state = turn.carry === null ? session.state : session.foresee(turn.carry);
  const now: Now = {
    nowMs: session.nowMs(),
    hurry: options.hurry.aborted,
    judge: (request) =>
      tallyRequest(request, {
        people: session.inForce.rules.people,
        initiator: state.initiator,
        nowMs: session.nowMs(),
        lastUseMs: lastUseMs(state, request),
      }),
  };
  return next(state, session.plan, now);
}

/** An interrupt ends a run like a cancellation; at a gate it only leaves. True where it was recorded just now. */
async function interrupted(
  session: Session,
  { due, turn }: { readonly due: Due; readonly turn: Turn },
  options: DriveOptions,
): Promise<boolean> {
  const leaves: readonly Due['kind'][] = ['await', 'expired', 'unknown', 'settle', 'done'];
  const leaving = due.kind === 'finish' ? !endedByUs(session) : leaves.includes(due.kind);
  if (!options.signal.aborted || session.state.cancel !== null || leaving) {
    return false;
  }
  await flush(session, turn);
  const identity = `os:${session.engine.account}`;
  const person = personOf(session.inForce.rules.people, identity)?.name ?? null;
  const by = { role: 'caller' as const, identity, person };
  await session.commit(
    'cancel.interrupt',
    [{ type: 'run.cancel_requested', data: { by, reason: 'interrupted' } }],
    {
      closing: true,
    },
  );
  return true;
}

/** A step failed because we ended it: the run was interrupted, it did not fail. */
function endedByUs(session: Session): boolean {
  return [...session.state.steps.values()].some(
    ({ attempts }) => attempts.at(-1)?.finished?.data.failure === 'cancelled',
  );
}

async function act(
  session: Session,
  { due, turn }: { readonly due: Due; readonly turn: Turn },
  options: DriveOptions,
): Promise<'go' | 'stop'> {
  switch (due.kind) {
    case 'attempt':
    case 'claim':
      await takeUp(session, { due, turn }, options);
      return 'go';
    case 'delay': {
      const ms = due.untilMs - session.nowMs();
      session.listener.delayed(due.step.id, ms);
      await sleep(ms, options.signal);
      await session.refresh();
      return 'go';
    }
    case 'await':
      return (await awaitDecision(session, due, options)) === 'stop' ? 'stop' : 'go';
    case 'expire':
      await session.commit(
        `expire.${due.request.content.id}`,
        [{ type: 'approval.expired', data: { request: due.request.content.id, which: due.which } }],
        { closing: true },
      );
      return 'go';
    case 'expired':
      return 'stop';
    case 'settle':
      await settleStep(session, due);
      return 'go';
    case 'unknown':
      return (await settleUnknown(session, due, options.signal)) ? 'go' : 'stop';
    case 'skip':
      await session.commit(
        `step.skipped.${due.step.id}`,
        [{ type: 'step.skipped', data: { step: due.step.id, why: due.why } }],
        { closing: true },
      );
      return 'go';
    case 'finish':
      await session.commit('run.finished', [{ type: 'run.finished', data: due.result }], {
        closing: true,
      });
      return 'go';
    case 'done':
      return 'stop';
  }
}

/** Begins or claims, and where that leads to a spawn, sees it through. */
async function takeUp(
  session: Session,
  { due, turn }: { readonly due: Extract<Due, { kind: 'attempt' | 'claim' }>; readonly turn: Turn },
  options: DriveOptions,
): Promise<void> {
  const version = session.state.version;
  const begun =
    due.kind === 'attempt'
      ? await beginAttempt(session, due, turn.carry)
      : await claim(session, due);
  if (session.state.version > version) {
    // Whatever was committed took the carried event along, or somebody else moved the run on.
    await settleCarry(session, turn);
  }
  if (begun.kind === 'run') {
    turn.carry = null;
    await runAttempt(session, { execution: begun.execution, turn }, options);
  }
}

async function claim(session: Session, due: Extract<Due, { kind: 'claim' }>): Promise<Begun> {
  try {
    return await claimStep(session, due);
  } catch (error) {
    if (error instanceof UsageError) {
      throw new DeniedError({
        code: 'claim_impossible',
        message: `step \`${due.step.id}\` cannot be rendered as it was approved: ${error.message}`,
        hint: error.hint ?? 'put it back as it was, or cancel the run',
        cause: error,
      });
    }
    throw error;
  }
}

/** Drops the carried event once the journal has it. */
async function settleCarry(session: Session, turn: Turn): Promise<void> {
  if (turn.carry !== null && toRecord(session, turn.carry) === null) {
    turn.carry = null;
  }
  await session.refresh();
}
