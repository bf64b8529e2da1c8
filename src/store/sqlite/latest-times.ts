import type { RunId } from '../../base/ids.ts';
import type { Connection } from './connection.ts';

/**
 * What a process knows of the times that entries `from <= seq < to` bear: those that no later entry
 * reaches, oldest first. While the clock runs forward that is the last entry alone.
 */
export interface Times {
  from: number;
  to: number;
  highs: Time[];
}

interface Time {
  readonly seq: number;
  readonly time: string;
}

export function noTimes(): Times {
  return { from: 0, to: 0, highs: [] };
}

/**
 * The latest time that any entry bears since the run began; null for an unknown run. Reads what is new,
 * and back to where the run began: a run that waited for long must not cost its claim the whole log.
 */
export function latestTimeSince(
  db: Connection,
  times: Times,
  of: { readonly run: RunId | null; readonly size: number },
): string | null {
  const first = selectFirst(db, of.run);
  if (first === null) {
    return null;
  }
  if (times.to === 0 || times.to > of.size) {
    Object.assign(times, { from: of.size, to: of.size, highs: [] });
  }
  readOn(db, times, of.size);
  readBack(db, times, first);
  return times.highs.find(({ seq }) => seq >= first)?.time ?? null;
}

function readOn(db: Connection, times: Times, size: number): void {
  const { highs } = times;
  for (const entry of selectTimes(db, times.to, size)) {
    for (let last = highs.at(-1); last !== undefined && last.time <= entry.time; ) {
      highs.pop();
      last = highs.at(-1);
    }
    highs.push(entry);
  }
  times.to = size;
}

function readBack(db: Connection, times: Times, first: number): void {
  if (first >= times.from) {
    return;
  }
  const earlier: Times = { from: first, to: first, highs: [] };
  readOn(db, earlier, times.from);
  const [latest] = times.highs;
  const higher = earlier.highs.filter(({ time }) => latest === undefined || time > latest.time);
  times.highs = [...higher, ...times.highs];
  times.from = first;
}

function selectFirst(db: Connection, run: RunId | null): number | null {
  const row = db.prepare<{ first: number }>('select first from runs where run = ?').get(run);
  return row?.first ?? null;
}

function selectTimes(db: Connection, from: number, to: number): Iterable<Time> {
  return db
    .prepare<Time>(
      `select seq, json_extract(cast(bytes as text), '$.time') as time from entries
       where seq >= ? and seq < ?
       union all select seq, time from pruned where seq >= ? and seq < ? order by seq`,
    )
    .iterate(from, to, from, to);
}
