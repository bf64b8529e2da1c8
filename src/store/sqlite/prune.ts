import { IntegrityError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import { leafHash } from '../../journal/leaf.ts';
import type { Range } from '../../journal/merkle.ts';
import type { Recorded } from '../../run/events.ts';
import { blobsOf, commitmentsOf } from '../../run/named-blobs.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { LogPruned } from '../../run/trail-events.ts';
import type { StoredEntry } from '../store.ts';
import type { Connection } from './connection.ts';
import { deleteBlobs } from './erase.ts';
import { type Journal, write } from './journal.ts';
import { selectNode } from './tree.ts';

const pageSize = 1000;

/**
 * Reduces the entries that `log.pruned` entries name to their leaf hashes, where that was not done yet.
 * First goes what they name, while they still name it; then all of them in one transaction, so that no run
 * is ever there by half. Answers how many.
 */
export function sweepPruned(journal: Journal, folder: string): number {
  const ranges = selectRanges(journal.db);
  for (const { entry } of entriesIn(journal.db, ranges)) {
    deleteBlobs(
      folder,
      blobsOf(entry.event).map(({ id }) => id),
    );
  }
  return write(journal, () => {
    let count = 0;
    for (const { stored, entry } of entriesIn(journal.db, ranges)) {
      reduce(journal.db, stored, entry);
      count += 1;
    }
    if (count > 0) {
      clearIndexes(journal.db);
    }
    return count;
  });
}

/** Entries of a run that may go. */
interface Named extends Range {
  readonly run: RunId;
}

/** Where to look, as the entries say: each speaks of what lies before itself, and of whole runs that ended. */
function selectRanges(db: Connection): readonly Named[] {
  const named = db
    .prepare<StoredEntry>(
      `select entries.seq, entries.bytes from events join entries on entries.seq = events.seq
       where events.type = 'log.pruned' order by events.seq`,
    )
    .all()
    .map(recordedOf)
    .flatMap(({ event, seq }) => (event.type === 'log.pruned' ? rangesOf(event.data, seq) : []));
  const byRun = new Map<RunId, Named[]>();
  for (const range of named) {
    byRun.set(range.run, [...(byRun.get(range.run) ?? []), range]);
  }
  return [...byRun].flatMap(([run, ranges]) => (isWhole(db, run, ranges) ? ranges : []));
}

function rangesOf({ runs }: LogPruned, seq: number): readonly Named[] {
  return runs.flatMap(({ run, ranges }) =>
    ranges.map(([from, to]) => ({ run, from, to: Math.min(to, seq) })),
  );
}

/** Whatever an entry says: no part of a run goes, and none that has not ended. */
function isWhole(db: Connection, run: RunId, ranges: readonly Range[]): boolean {
  const entries = db
    .prepare<{ seq: number; type: string }>('select seq, type from events where run = ?')
    .all(run);
  return (
    entries.some(({ type }) => type === 'run.finished') &&
    entries.every(({ seq }) => ranges.some(({ from, to }) => from <= seq && seq < to))
  );
}

/** What of the ranges is still whole. Only entries of the run that is named go, whatever else is. */
function* entriesIn(
  db: Connection,
  ranges: readonly Named[],
): Generator<{ readonly stored: StoredEntry; readonly entry: Recorded }> {
  const select = db.prepare<StoredEntry>(
    'select seq, bytes from entries where seq >= ? and seq < ? order by seq limit ?',
  );
  for (const { run, from, to } of ranges) {
    let next = from;
    for (let page = select.all(next, to, pageSize); page.length > 0; ) {
      yield* page
        .map((stored) => ({ stored, entry: recordedOf(stored) }))
        .filter(({ entry }) => entry.run === run);
      next = (page.at(-1)?.seq ?? to) + 1;
      page = select.all(next, to, pageSize);
    }
  }
}

/** The hash is made of the bytes once more: what is kept must be what the tree was made of. */
function reduce(db: Connection, { seq, bytes }: StoredEntry, { run, time, event }: Recorded): void {
  const hash = leafHash(bytes);
  if (!hash.equals(selectNode(db, 0, seq))) {
    throw new IntegrityError({
      code: 'E_LEAF',
      message: `entry ${seq} is not the one that the tree has`,
      hint: 'run `runbook audit verify`',
    });
  }
  db.prepare(
    `insert into pruned (seq, hash, run, time, key_id, signature)
     select seq, ?, ?, ?, key_id, signature from entries where seq = ?`,
  ).run(hash, run, time, seq);
  db.prepare('delete from entries where seq = ?').run(seq);
  for (const commitment of commitmentsOf(event).values()) {
    db.prepare('delete from openings where commitment = ?').run(commitment);
  }
}

/** Index rows of entries that are gone. What people saw last (`seen`) is kept: their next signature needs it. */
function clearIndexes(db: Connection): void {
  for (const table of [
    'events',
    'requests',
    'decisions',
    'starts',
    'reusable',
    'reuses',
    'debts',
  ]) {
    db.prepare(`delete from ${table} where seq in (select seq from pruned)`).run();
  }
  db.prepare('delete from runs where first in (select seq from pruned)').run();
}
