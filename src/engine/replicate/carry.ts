import { formatTime } from '../../base/clock.ts';
import { JournalError } from '../../base/errors.ts';
import { type Acknowledged, type Sink, SinkConflict, type SinkHead } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { type Cursor, conflictOf, getCursor, putCursor, start } from './cursor.ts';
import { withinLimit } from './limit.ts';
import { acceptHead, judgeTheirs, logView, nextHead } from './own-log.ts';

/** How far a sink is to come, and how long that may take. */
export interface Goal {
  /** It is to acknowledge this many entries. */
  readonly to: number;
  /** It is to say so now, also where it has said so before: whoever was put back to an older state asks. */
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

/**
 * Takes a sink from where it stands to the goal, and answers where it stands then. Our place moves only
 * after the other side has said that it has it, and its evidence is kept: a crash anywhere in between
 * delivers again. Throws SinkConflict, and whatever the sink throws.
 */
export async function carry(engine: Engine, sink: Sink, trip: Trip): Promise<Cursor> {
  let cursor = await firstPlace(engine, sink, trip);
  for (let moves = 0; cursor.size < trip.to; ) {
    await trip.keep();
    const answer = await deliver(engine, sink, { trip, from: cursor.size });
    const isElsewhere = 'elsewhere' in answer;
    moves += isElsewhere ? 1 : 0;
    const place = await placeIn(engine, sink, answer);
    refuseStubborn(sink, answer, { moves, from: cursor.size });
    if (!isElsewhere) {
      await keepAnchor(engine, sink, answer);
    }
    warnOfLoss(engine, sink, { had: cursor.size, has: place?.size ?? 0 });
    cursor = await moveTo(engine, cursor, { sink, place, isWord: !isElsewhere, to: trip.to });
    trip.progress?.(Math.min(cursor.size, trip.to), trip.to);
  }
  return cursor;
}

async function deliver(
  { store }: Engine,
  sink: Sink,
  { trip, from }: { readonly trip: Trip; readonly from: number },
): Promise<Acknowledged | Elsewhere> {
  const head = await nextHead(store, from, sink.batch);
  return ask(trip, sink, (signal) => sink.deliver({ from, head, log: logView(store) }, signal));
}

/** What an answer was; `insists`: the sink says itself that its history is another. */
interface Elsewhere {
  readonly elsewhere: (SinkHead & { readonly note?: string | null }) | null;
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
  { moves, from }: { readonly moves: number; readonly from: number },
): void {
  const isElsewhere = 'elsewhere' in answer;
  const size = (isElsewhere ? answer.elsewhere?.size : answer.size) ?? 0;
  const insists = isElsewhere ? answer.insists : undefined;
  const mayGoBack = isElsewhere && insists === undefined;
  if (moves > mostMoves || (size <= from && !mayGoBack)) {
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
 * to know it now, the other side is asked. Only one that does not count may not say, and is told all from
 * our place on.
 */
async function firstPlace(engine: Engine, sink: Sink, trip: Trip): Promise<Cursor> {
  const known = await ownCursor(engine, sink);
  const before = known ?? start;
  const isQuiet = before.failing === null && !trip.confirm;
  if (known !== null && (known.size < trip.to || isQuiet)) {
    return known;
  }
  const place = await askPlace(engine, sink, trip);
  if (place === null && isSilence(sink, before)) {
    return before;
  }
  warnOfLoss(engine, sink, { had: before.size, has: place?.size ?? 0 });
  return moveTo(engine, before, { sink, place, isWord: false, to: trip.to });
}

/** It said something that cannot be ours, and says nothing now: that takes nothing back, and is thrown. */
function isSilence(sink: Sink, before: Cursor): boolean {
  const conflict = conflictOf(sink, before);
  if (conflict !== null) {
    throw conflict;
  }
  return before.size === 0 || !sink.counts;
}

async function askPlace(engine: Engine, sink: Sink, trip: Trip): Promise<SinkHead | null> {
  const log = logView(engine.store);
  const answer: Elsewhere = await ask(trip, sink, async (signal) => ({
    elsewhere: await sink.head(log, signal),
  }));
  const place = await placeIn(engine, sink, answer);
  if (answer.insists !== undefined) {
    throw answer.insists;
  }
  return place;
}

/** Null where there is none, or the journal is not the one that it was a place in. */
async function ownCursor({ store }: Engine, { name }: Sink): Promise<Cursor | null> {
  const cursor = await getCursor(store, name);
  const root = Buffer.from(cursor?.root ?? '', 'base64');
  const isOurs = cursor !== null && (await judgeTheirs(store, { ...cursor, root })) === 'ok';
  return isOurs ? cursor : null;
}

/** Bounded in time; and what the sink calls a conflict is held against our own log first. */
async function ask<Answer extends object>(
  { signal }: Trip,
  { name }: Sink,
  what: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | Elsewhere> {
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
 * Written after the anchor: what counts as acknowledged has its evidence. Ends whatever outage there was
 * only where the other side took something, or has all of it: one that tells where it stands takes nothing.
 */
async function moveTo(
  { store, clock }: Engine,
  before: Cursor,
  of: {
    readonly sink: Sink;
    readonly place: SinkHead | null;
    readonly isWord: boolean;
    readonly to: number;
  },
): Promise<Cursor> {
  const size = of.place?.size ?? start.size;
  const root = of.place?.root.toString('base64') ?? start.root;
  const ended = { failing: null, conflict: null, at: formatTime(clock.now().wallMs) };
  const cursor = { ...before, size, root, ...(of.isWord || size >= of.to ? ended : {}) };
  await putCursor(store, of.sink.name, cursor);
  return cursor;
}
