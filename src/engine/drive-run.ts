import { personOf } from '../approval/people/identity.ts';
import { DeniedError, UsageError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import { isProcessAlive } from '../base/process.ts';
import { tallyInRun } from '../run/judge.ts';
import { type Due, type Now, next } from '../run/next.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import { describeSelf, runHeld } from './hold.ts';
import { refuseOutsider, refuseServed } from './may-drive.ts';
import { tellLocally } from './office/attend-receptions.ts';
import { proveRun } from './proof/prove-run.ts';
import { syncAtEnd } from './replicate/sync-at-end.ts';
import type { DriveOptions } from './service.ts';
import { loadPlan, Session, type Stops } from './session.ts';
import { askTogether } from './step/ask-together.ts';
import { beginAttempt } from './step/begin-attempt.ts';
import { claimStep } from './step/claim-step.ts';
import { askManual, giveUp } from './step/manual-step.ts';
import { pause } from './step/pause.ts';
import { recordDue } from './step/record-due.ts';
import { flush, runAttempt, type Turn, toRecord } from './step/run-attempt.ts';
import { settleStep, settleUnknown } from './step/settle-step.ts';
import type { Begun } from './step/start-attempt.ts';

/** Which run, and for whom. */
export interface Errand {
  readonly run: RunId;
  /** By name; grows with the run's secret outputs, which live nowhere else. */
  readonly secrets: Map<string, string>;
  /**
   * The office drives for whoever stands in the chain: where the run must wait it comes back instead, and
   * once `leave` aborts it comes back between two steps.
   */
  readonly office?: { readonly leave: AbortSignal };
}

/** Where a drive left its run. */
export type Left =
  | { readonly kind: 'ended' }
  /** Until somebody does something, or by itself from `untilMs` on. */
  | { readonly kind: 'waiting'; readonly untilMs: number | null };

/** How far this drive goes. */
interface Course extends DriveOptions {
  readonly office: Errand['office'];
}

/**
 * Drives a run: what is due, do it, commit, again, until it ends or only a person can go on. Holds the
 * run meanwhile. Whatever happens in between, the journal alone says where it stands. Throws HeldError
 * `run_held`, DeniedError `not_resumed`.
 */
export async function driveRun(
  engine: Engine,
  { run, secrets, office }: Errand,
  options: DriveOptions,
): Promise<Left> {
  await refuseServed(engine, run);
  const holder = describeSelf(engine);
  const other = await engine.store.takeHold(run, holder, isProcessAlive);
  if (other !== null) {
    throw runHeld(run, other);
  }
  let left: Left;
  try {
    const inForce = await ensureConfig(engine);
    // Proven: a plan swapped in the database for one without privileged steps would ask nobody.
    const { state } = await proveRun(engine, run);
    if (office === undefined) {
      refuseOutsider(engine, inForce, state);
    }
    const plan = await loadPlan(engine, state);
    const { listener } = options;
    const stops = stopsOf({ ...options, office });
    const session = new Session({ engine, plan, listener, secrets, state, inForce, stops });
    left = await loop(session, { ...options, office });
    if (office === undefined && session.state.requests.size > 0) {
      await tellLocally(engine);
    }
  } finally {
    await engine.store.releaseHold(run, holder);
  }
  if (office === undefined) {
    await syncAtEnd(engine, { ended: left.kind === 'ended', hurry: options.hurry });
  }
  return left;
}

/** An office that closes leaves what only waits, too. */
function stopsOf({ signal, hurry, office }: Course): Stops {
  const closing = office === undefined ? [] : [office.leave];
  return {
    signal: AbortSignal.any([signal, ...closing]),
    hurry: AbortSignal.any([hurry, ...closing]),
  };
}

async function loop(session: Session, course: Course): Promise<Left> {
  const turn: Turn = { carry: null };
  try {
    return await takeTurns(session, turn, course);
  } catch (error) {
    // What went wrong came after it: how a step ended is known, and closing entries have the reserve.
    await flush(session, turn).catch(() => undefined);
    throw error;
  }
}

async function takeTurns(session: Session, turn: Turn, course: Course): Promise<Left> {
  for (;;) {
    const due = whatIsDue(session, turn, course);
    const leaving = isLeaving(due, course);
    if (turn.carry !== null && (leaving || due.kind !== 'attempt')) {
      await flush(session, turn);
      continue;
    }
    if (leaving) {
      return { kind: 'waiting', untilMs: null };
    }
    if (await interrupted(session, { due, turn }, course)) {
      continue;
    }
    const left = await act(session, { due, turn }, course);
    if (left !== null) {
      return left;
    }
  }
}

const beginnings: ReadonlySet<Due['kind']> = new Set([
  'attempt',
  'ask_together',
  'claim',
  'delay',
  'await',
  'ask_manual',
  'await_manual',
  'scheduled',
]);

/** Where an interrupt only leaves: nothing runs that it could end. */
const leaves: ReadonlySet<Due['kind']> = new Set([
  'await',
  'await_manual',
  'scheduled',
  'expired',
  'unknown',
  'settle',
  'done',
]);

/** The office closes: nothing new begins, and what is known already is still recorded. */
function isLeaving(due: Due, { office }: Course): boolean {
  return office?.leave.aborted === true && beginnings.has(due.kind);
}

function whatIsDue(session: Session, turn: Turn, options: DriveOptions): Due {
  const state = turn.carry === null ? session.state : session.foresee(turn.carry);
  const now: Now = {
    nowMs: session.nowMs(),
    hurry: options.hurry.aborted,
    apart: session.apart,
    judge: (request) =>
      tallyInRun(state, request, {
        people: session.inForce.rules.people,
        nowMs: session.nowMs(),
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
  const leaving = due.kind === 'finish' ? !endedByUs(session) : leaves.has(due.kind);
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

/** Does what is due. Answers where the run is left, or null to go on. */
async function act(
  session: Session,
  { due, turn }: { readonly due: Due; readonly turn: Turn },
  course: Course,
): Promise<Left | null> {
  switch (due.kind) {
    case 'attempt':
    case 'claim':
      await takeUp(session, { due, turn }, course);
      return null;
    case 'ask_manual':
      await askManual(session, due);
      return null;
    case 'give_up':
      await giveUp(session, due);
      return null;
    case 'delay':
    case 'await':
    case 'await_manual':
    case 'scheduled':
      return pause(session, due, { ...course, stay: course.office === undefined });
    case 'expire':
    case 'skip':
    case 'finish':
      await recordDue(session, due);
      return null;
    case 'expired':
      return stuck;
    case 'ask_together':
      session.apart = !(await askTogether(session));
      return null;
    case 'settle':
      await settleStep(session, due);
      return null;
    case 'unknown':
      return (await settleUnknown(session, due, course.signal)) ? null : stuck;
    case 'done':
      return { kind: 'ended' };
  }
}

const stuck: Left = { kind: 'waiting', untilMs: null };

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
