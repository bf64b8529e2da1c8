import { randomInt } from 'node:crypto';
import { growingMs } from '../../base/back-off.ts';
import { formatTime } from '../../base/clock.ts';
import { JournalError, RunbookError } from '../../base/errors.ts';
import { type Acknowledged, type Sink, SinkConflict } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { sleep } from '../sleep.ts';
import { carry, type Goal } from './carry.ts';
import { type Cursor, conflictOf, getCursor, putCursor, start } from './cursor.ts';
import { noteGap } from './note-gap.ts';
import { takeTurn } from './take-turn.ts';

/** Where a sink stands. */
export interface Standing {
  readonly sink: Sink;
  readonly cursor: Cursor;
  /** What it said to this very caller; null where it said nothing, or to somebody else. */
  readonly heard: Acknowledged | null;
  /** Null where it has come as far as it was to; SinkConflict where its head is not ours. */
  readonly trouble: RunbookError | null;
}

/**
 * Brings one sink up to a head, from wherever it stands: at least once, in order, one caller at a time in
 * whichever process. What goes wrong is an answer, and stands in its cursor for whoever comes next.
 */
export async function syncSink(engine: Engine, sink: Sink, goal: Goal): Promise<Standing> {
  for (let failures = 1; ; failures += 1) {
    const standing = await tryOnce(engine, sink, goal);
    const { signal, retry } = goal;
    if (standing.trouble === null || standing.trouble instanceof SinkConflict || retry === null) {
      return standing;
    }
    await sleep(pauseMs(failures), AbortSignal.any([signal, retry]));
    if (signal.aborted || retry.aborted) {
      return standing;
    }
  }
}

const growth = { firstMs: 200, mostMs: 60_000 };

/** Twice as long after every failure in a row, and a random part of it: a thousand hosts share one witness. */
export function pauseMs(failures: number): number {
  const whole = growingMs(failures, growth);
  return whole / 2 + randomInt(Math.ceil(whole / 2));
}

async function tryOnce(engine: Engine, sink: Sink, goal: Goal): Promise<Standing> {
  const isDone = async (): Promise<boolean> => {
    const cursor = await getCursor(engine.store, sink.name);
    return cursor !== null && isReached(cursor, goal);
  };
  const turn = await takeTurn(engine, sink, { signal: goal.signal, isDone });
  if (turn === null) {
    return leftTo(engine, sink, goal);
  }
  try {
    const arrival = await carry(engine, sink, { ...goal, keep: () => turn.keep() });
    return { sink, ...arrival, trouble: null };
  } catch (error) {
    return await noteTrouble(engine, sink, troubleOf(sink, error));
  } finally {
    await turn.end();
  }
}

/** Whoever else talks to it has brought it there. To confirm it, we wait for our turn and ask ourselves. */
function isReached({ size, failing }: Cursor, { to, confirm }: Goal): boolean {
  return size >= to && failing === null && !confirm;
}

/** What somebody else made of it, who still has the turn or just had it. */
async function leftTo(engine: Engine, sink: Sink, goal: Goal): Promise<Standing> {
  const cursor = (await getCursor(engine.store, sink.name)) ?? start;
  const late = new JournalError({
    code: 'sink_slow',
    message: `sink \`${sink.name}\`: another process is still bringing it up to date`,
  });
  const trouble = conflictOf(sink, cursor) ?? (isReached(cursor, goal) ? null : late);
  return { sink, cursor, heard: null, trouble };
}

/** Recorded where everybody looks: since when nothing came through, and what it said last. */
async function noteTrouble(engine: Engine, sink: Sink, trouble: RunbookError): Promise<Standing> {
  const before = (await getCursor(engine.store, sink.name)) ?? start;
  const since = before.failing?.since ?? formatTime(engine.clock.now().wallMs);
  const cursor: Cursor = {
    ...before,
    failing: { since, why: trouble.message },
    conflict: trouble instanceof SinkConflict ? conflictAs(sink, trouble) : before.conflict,
  };
  await putCursor(engine.store, sink.name, cursor);
  await noteGap(engine, sink, cursor);
  return { sink, cursor, heard: null, trouble };
}

function conflictAs({ name }: Sink, { code, message, theirs }: SinkConflict): Cursor['conflict'] {
  const { size, root, note } = theirs;
  return {
    code: code === 'E_ROLLBACK' ? code : 'E_FORK',
    message: message.replace(`sink \`${name}\`: `, ''),
    size,
    root: root.toString('base64'),
    note,
  };
}

/** Another side can throw anything; a bug of ours in between must not look like an outage for ever. */
function troubleOf({ name }: Sink, error: unknown): RunbookError {
  return error instanceof RunbookError
    ? error
    : new JournalError({
        code: 'sink_failed',
        message: `sink \`${name}\` failed: ${error instanceof Error ? error.message : String(error)}`,
        cause: error,
      });
}
