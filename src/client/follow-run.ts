import { DeniedError, RunbookError } from '../base/errors.ts';
import type { RequestId, RunId } from '../base/ids.ts';
import type { RequestDetail, RunReport } from '../engine/reports.ts';
import type { DriveOptions } from '../engine/service.ts';
import { requestDetail } from '../engine/wire/requests.ts';
import { runReport } from '../engine/wire/runs.ts';
import { type Connection, pathOf } from './connection.ts';
import { Ear } from './ear.ts';

export interface Followed {
  readonly run: RunId;
  /** How many of its entries the listener need not be told; null: those that there are now. */
  readonly from: number | null;
  /** It was asked to stop: gates are passed by, its end is what is waited for. */
  readonly ending: boolean;
}

/**
 * Follows a run that the server drives, and tells the listener as if it were driven here; executes
 * nothing. Returns where the local driver would: at the run's end, where only a person can go on, and at a
 * gate once `wait` is over. An interrupt only leaves a gate; while a step runs it asks the server to
 * cancel the run and follows it to its end, and the second one leaves at once.
 */
export async function followRun(
  connection: Connection,
  followed: Followed,
  options: DriveOptions,
): Promise<RunReport> {
  const first = await readStatus(connection, followed.run);
  const { run, from } = followed;
  const { listener } = options;
  const ear = new Ear(connection, { run, from: from ?? first.version, listener });
  const nowMs = connection.pace.nowMs();
  const view: View = {
    ...first,
    sinceMs: nowMs,
    changedMs: nowMs,
    told: null,
    endingMs: followed.ending ? nowMs : null,
  };
  const following = { connection, options, ear, followed, view };
  try {
    while (!(await isOver(following))) {
      await lookAgain(following);
    }
    return view.report;
  } finally {
    await ear.close();
  }
}

interface Following {
  readonly connection: Connection;
  readonly followed: Followed;
  readonly options: DriveOptions;
  readonly ear: Ear;
  readonly view: View;
}

/** The run as it was last seen. */
interface View {
  report: RunReport;
  version: number;
  /** When it began to be followed, when it last moved. */
  readonly sinceMs: number;
  changedMs: number;
  /** The gate that the listener was told of, as it stood then. */
  told: { readonly version: number; readonly leaveMs: number } | null;
  /** When it was asked to stop; null where nobody here did. */
  endingMs: number | null;
}

/** Tells what is to be told of where the run stands; true where there is nothing more to wait for. */
async function isOver(following: Following): Promise<boolean> {
  const { connection, options, ear, view, followed } = following;
  await ear.reach(view.version);
  const { report } = view;
  const nowMs = connection.pace.nowMs();
  if (report.terminal || options.hurry.aborted || isStuck(view, nowMs)) {
    return true;
  }
  if (view.endingMs !== null) {
    const left = followed.ending && options.signal.aborted;
    return left || nowMs - view.endingMs >= endingMs;
  }
  if (isGate(report)) {
    return (await tellGate(following)) || options.signal.aborted;
  }
  if (options.signal.aborted) {
    await askToCancel(following);
  }
  return false;
}

/** Waits until something may have changed, and reads where the run stands. */
async function lookAgain({ connection, ear, options, view, followed }: Following): Promise<void> {
  const nowMs = connection.pace.nowMs();
  const ms = Math.min(longestLookMs, Math.max(shortestLookMs, nextLookMs(view, nowMs)));
  const interrupt = view.endingMs !== null && !followed.ending ? options.hurry : options.signal;
  await ear.turn(view.version, ms, interrupt);
  const { report, version } = await readStatus(connection, followed.run);
  if (version !== view.version || report.status !== view.report.status) {
    view.changedMs = connection.pace.nowMs();
  }
  view.report = report;
  view.version = version;
}

/** What changes is told by the stream: to look at times is for what no entry says. */
function nextLookMs({ report, told, sinceMs }: View, nowMs: number): number {
  if (isGate(report)) {
    return (told?.leaveMs ?? nowMs) - nowMs;
  }
  return nowMs - sinceMs < settlingMs ? settlingMs : longestLookMs;
}

/** A person must decide or do something, or it is not time yet. */
function isGate({ status, requests, manual, starts_at }: RunReport): boolean {
  const waits = requests.length > 0 || manual !== undefined || starts_at !== undefined;
  return status === 'waiting' && waits;
}

/**
 * Only a person can go on; or it is approved, and nobody has gone on with it for long. A run that was just
 * resumed stands for a moment where it stood before.
 */
function isStuck({ report, sinceMs, changedMs }: View, nowMs: number): boolean {
  if (report.status === 'unknown' || report.status === 'expired') {
    return nowMs - sinceMs >= settlingMs;
  }
  return report.status === 'waiting' && !isGate(report) && nowMs - changedMs >= abandonedMs;
}

/** Tells of the gate once for each way it stands; true where the caller waits no longer. */
async function tellGate({ connection, options, ear, view }: Following): Promise<boolean> {
  const { wait } = options;
  const [request] = view.report.requests;
  if (ear.isPast(view.version)) {
    // Decided while it was asked where the run stands.
    return false;
  }
  if (view.told?.version !== view.version) {
    const detail = request === undefined ? null : await describe(connection, request.request);
    if (detail !== null) {
      options.listener.waiting(detail);
    }
    const leaveMs = leavesAt(view.report, wait, connection.pace.nowMs());
    view.told = { version: view.version, leaveMs };
  }
  const isTimeUp = connection.pace.nowMs() >= (view.told?.leaveMs ?? 0);
  // Whether it has expired is the server's word: its clock decides.
  return wait === 'stop' || (typeof wait === 'object' && isTimeUp);
}

/** When the caller has waited long enough; never, where only a person can say so. */
function leavesAt(
  { requests, starts_at }: RunReport,
  wait: DriveOptions['wait'],
  nowMs: number,
): number {
  const ends = requests[0]?.expires_at ?? starts_at;
  const endsMs = ends === undefined ? Number.POSITIVE_INFINITY : Date.parse(ends);
  return typeof wait === 'object' ? nowMs + wait.ms : endsMs;
}

/** Null where this token may start runs and not read requests: what it waits for is in the run's report. */
async function describe(connection: Connection, request: RequestId): Promise<RequestDetail | null> {
  try {
    return await connection.call({ path: pathOf('requests', request), answer: requestDetail });
  } catch (error) {
    if (error instanceof DeniedError) {
      return null;
    }
    throw error;
  }
}

async function askToCancel({ connection, followed, view }: Following): Promise<void> {
  const path = pathOf('runs', followed.run, 'cancel');
  const body = { reason: 'interrupted' };
  view.endingMs = connection.pace.nowMs();
  try {
    await connection.call({ method: 'POST', path, body, answer: runReport });
  } catch (error) {
    // It ended meanwhile: how, is read next.
    if (!(error instanceof RunbookError && error.code === 'run_ended')) {
      throw error;
    }
  }
}

async function readStatus(
  connection: Connection,
  run: RunId,
): Promise<{ readonly report: RunReport; readonly version: number }> {
  const { value, version } = await connection.callVersioned({
    path: pathOf('runs', run),
    answer: runReport,
  });
  return { report: value, version };
}

const shortestLookMs = 500;
const longestLookMs = 30_000;
const settlingMs = 2000;
const abandonedMs = 60_000;
/** As long as the local driver's caller waits for a holder to obey. */
const endingMs = 60_000;
