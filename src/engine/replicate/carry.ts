import { formatTime } from '../../base/clock.ts';
import { JournalError } from '../../base/errors.ts';
import {
  type Acknowledged,
  type Sink,
  type SinkAnswer,
  SinkConflict,
  type SinkHead,
  type SinkPlace,
} from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { type Cursor, conflictOf, getCursor, putCursor, start } from './cursor.ts';
import { withinLimit } from './limit.ts';
import { acceptHead, judgeTheirs, logView, nextHead } from './own-log.ts';

/** How far a sink is to come, and how long that may take. */
export interface Goal {
  /** It is to acknowledge this many entries. */
  readonly to: number;
  /**
   * It is to say so now and to us, also where it has said so before, or to another process: our notes of
   * that can be written by whoever can write to our disk, and put back to an older state.
   */
  readonly confirm: boolean;
  /** Ends it all. */
  readonly signal: AbortSignal;
  /** Failures are tried again, later each time, until this aborts; null: the first one ends it. */
  readonly retry: AbortSignal | null;
  readonly progress?: (acknowledged: number, of: number) => void;
}

/** One answer may take this long. */
const answerMs = 30_000;

/** Nobody else talks to it meanwhile: a side that moves more often than this will never be where it says. */
const mostMoves = 3;

/** An errand to one sink, under its turn. */
interface Trip extends Goal {
  readonly keep: () => Promise<void>;
}

/** Where an errand ended. */
export interface Arrival {
  readonly cursor: Cursor;
  /** What the sink itself acknowledged on it, last; null where it did not. Our own note of it is none. */
  readonly heard: Acknowledged | null;
}

/** Where it is on its way. */
interface Stand extends Arrival {
  /** Where the sink says that it stands. More than was acknowledged is only where we go on from. */
  readonly from: number;
}

/**
 * Takes a sink from where it stands to the goal, and answers where it stands then. Our place moves only
 * after the other side has said that it has it, and its evidence is kept: a crash anywhere in between
 * delivers again. Throws SinkConflict, and whatever the sink throws.
 */
export async function carry(engine: Engine, sink: Sink, trip: Trip): Promise<Arrival> {
  let stand = await firstStand(engine, sink, trip);
  for (let moves = 0; stand.cursor.size < trip.to || isUnsaid(sink, trip, stand); ) {
    await trip.keep();
    const { from } = stand;
    const head = await nextHead(engine.store, from, sink.batch);
    const answer = await ask(trip, sink, (signal) =>
      sink.deliver({ from, head, log: logView(engine.store) }, signal),
    );
    const place = await placeIn(engine, sink, answer);
    moves += 'elsewhere' in answer || answer.size <= from ? 1 : 0;
    refuseStubborn(sink, answer, { moves, from, to: head.size });
    stand = await moveTo(engine, stand.cursor, { sink, answer, place, to: trip.to });
    trip.progress?.(Math.min(stand.cursor.size, trip.to), trip.to);
  }
  return { cursor: stand.cursor, heard: stand.heard };
}

/** It is to say so now, and has not; one that can prove what it says, not with proof. */
function isUnsaid(sink: Sink, { confirm }: Trip, { heard }: Arrival): boolean {
  const isSaid = heard !== null && (heard.anchor !== null || !proves(sink));
  return confirm && sink.counts && !isSaid;
}

/** Its answer to a delivery is evidence, also to one of what it has already: only that answer has any. */
function proves({ counts, anchorKey }: Sink): boolean {
  return counts && anchorKey !== undefined;
}

/** What an answer was; `insists`: the sink says itself that its history is another. */
interface Elsewhere {
  readonly elsewhere: (SinkPlace & { readonly note?: string | null }) | null;
  readonly insists?: SinkConflict;
}

/** The head in an answer, which must be one of ours. */
async function placeIn(
  { store }: Engine,
  sink: Sink,
  answer: Acknowledged | Elsewhere,
): Promise<SinkHead | null> {
  const theirs = 'elsewhere' in answer ? answer.elsewhere : answer;
  return theirs === null ? null : acceptHead(store, sink, theirs);
}

/**
 * It may have lost what it had, and say so. But an acknowledgement of nothing new, another history that by
 * its head is ours, and one that never stands where it says, lead nowhere.
 */
function refuseStubborn(
  { name }: Sink,
  answer: Acknowledged | Elsewhere,
  { moves, from, to }: { readonly moves: number; readonly from: number; readonly to: number },
): void {
  const isElsewhere = 'elsewhere' in answer;
  const size = (isElsewhere ? answer.elsewhere?.size : answer.size) ?? 0;
  const insists = isElsewhere ? answer.insists : undefined;
  const mayGoBack = isElsewhere && insists === undefined;
  if (moves > mostMoves || (size < Math.min(from + 1, to) && !mayGoBack)) {
    const message = `sink \`${name}\` takes nothing: it never stands where it says`;
    throw insists ?? new JournalError({ code: 'sink_answer', message });
  }
}

function warnOfLoss(
  { warn }: Engine,
  { name }: Sink,
  { had, has }: { readonly had: number; readonly has: number },
): void {
  if (has < had) {
    warn?.(`sink \`${name}\` had acknowledged ${had} entries, and now has ${has}`);
  }
}

/**
 * Where to go on from: our own place where it is still one of our log. Otherwise, and where somebody wants
 * to know it now and a delivery would not tell, the other side is asked. Only one that does not count may
 * not say, and is told all from our place on.
 */
async function firstStand(engine: Engine, sink: Sink, trip: Trip): Promise<Stand> {
  const known = await ownCursor(engine, sink);
  const before = known ?? start;
  const isQuiet = before.failing === null && !trip.confirm;
  const isToldByDelivery = trip.confirm && proves(sink);
  if (known !== null && (known.size < trip.to || isQuiet || isToldByDelivery)) {
    return { cursor: known, from: known.size, heard: null };
  }
  const log = logView(engine.store);
  const answer = await ask(trip, sink, (signal) => sink.head(log, signal));
  const place = await placeIn(engine, sink, answer);
  const insists = 'elsewhere' in answer ? answer.insists : undefined;
  if (insists !== undefined) {
    throw insists;
  }
  if (place === null && isSilence(sink, before)) {
    return { cursor: before, from: before.size, heard: null };
  }
  return moveTo(engine, before, { sink, answer, place, to: trip.to });
}

/** It said something that cannot be ours, and says nothing now: that takes nothing back, and is thrown. */
function isSilence(sink: Sink, before: Cursor): boolean {
  const conflict = conflictOf(sink, before);
  if (conflict !== null) {
    throw conflict;
  }
  return before.size === 0 || !sink.counts;
}

/** Null where there is none, or the journal is not the one that it was a place in. */
async function ownCursor({ store }: Engine, { name }: Sink): Promise<Cursor | null> {
  const cursor = await getCursor(store, name);
  const root = Buffer.from(cursor?.root ?? '', 'base64');
  const isOurs = cursor !== null && (await judgeTheirs(store, { ...cursor, root })) === 'ok';
  return isOurs ? cursor : null;
}

/** Bounded in time; and what the sink calls a conflict is held against our own log first. */
async function ask(
  { signal }: Trip,
  { name }: Sink,
  what: (signal: AbortSignal) => Promise<SinkAnswer>,
): Promise<Acknowledged | Elsewhere> {
  try {
    return await withinLimit(what, { sink: name, signal, ms: answerMs });
  } catch (error) {
    if (error instanceof SinkConflict) {
      return { elsewhere: error.theirs, insists: error };
    }
    throw error;
  }
}

async function keepAnchor({ store, clock }: Engine, sink: Sink, ack: Acknowledged): Promise<void> {
  if (ack.anchor !== null) {
    await store.putAnchor({
      by: sink.name,
      ...ack.anchor,
      size: ack.size,
      root: ack.root.toString('base64'),
      at: formatTime(clock.now().wallMs),
    });
  }
}

/**
 * Only what was acknowledged moves our note of the sink forward, and only once its evidence is kept. One
 * that says less than it had acknowledged is believed. An outage ends where it took something, or says that
 * it has all of it.
 */
async function moveTo(
  engine: Engine,
  before: Cursor,
  of: {
    readonly sink: Sink;
    readonly answer: Acknowledged | Elsewhere;
    readonly place: SinkHead | null;
    readonly to: number;
  },
): Promise<Stand> {
  const { sink, answer, place, to } = of;
  const heard = 'elsewhere' in answer ? null : answer;
  const from = place?.size ?? 0;
  if (heard === null && from >= before.size) {
    return { cursor: before, from, heard };
  }
  if (heard !== null) {
    await keepAnchor(engine, sink, heard);
  }
  warnOfLoss(engine, sink, { had: before.size, has: from });
  const isNews = heard !== null && (from > before.size || from >= to);
  const at = formatTime(engine.clock.now().wallMs);
  const root = place?.root.toString('base64') ?? start.root;
  const ended = isNews ? { failing: null, conflict: null, at } : {};
  const cursor = { ...before, size: from, root, ...ended };
  await putCursor(engine.store, sink.name, cursor);
  return { cursor, from, heard };
}
