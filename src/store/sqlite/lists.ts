import type { Sha256 } from '../../base/ids.ts';
import type { PreviousQuery, RequestRow, RunRow } from '../rows.ts';
import type { StoredEntry } from '../store.ts';
import type { Connection } from './connection.ts';

/** Newest first. */
export function selectRuns(
  db: Connection,
  { limit, caller = null }: { readonly limit: number; readonly caller?: string | null },
): readonly RunRow[] {
  return db
    .prepare<RunRow>(
      `select run, runbook, environment, started, caller, via, status, first
       from runs where ? is null or caller = ? order by first desc limit ?`,
    )
    .all(caller, caller, limit);
}

export function selectRunsByPrefix(db: Connection, prefix: string): readonly RunRow[] {
  return db
    .prepare<RunRow>(
      `select run, runbook, environment, started, caller, via, status, first
       from runs where run between ? and ? order by first desc`,
    )
    .all(...range(prefix));
}

/** Oldest first. The condition is that of the index `runs_served`: a server looks often. */
export function selectServed(db: Connection): readonly RunRow[] {
  return db
    .prepare<RunRow>(
      `select run, runbook, environment, started, caller, via, status, first from runs
       where via = 'api' and status not in ('succeeded', 'failed', 'rejected', 'denied', 'cancelled')
       order by first`,
    )
    .all();
}

/** Oldest first. Reads every run that is open: a server asks once, when it starts. */
export function selectMoved(db: Connection): readonly RunRow[] {
  return db
    .prepare<RunRow>(
      `select run, runbook, environment, started, caller, via, status, first from runs
       where via <> 'api' and status not in ('succeeded', 'failed', 'rejected', 'denied', 'cancelled')
         and exists (select 1 from events where events.run = runs.run
                     and type in ('run.resumed', 'run.cancel_requested'))
       order by first`,
    )
    .all();
}

/**
 * Newest first. `open` leaves out what was rejected, revoked, expired, superseded or claimed, and what
 * its run has outlived; one that is approved and not claimed is open still.
 */
export function selectRequests(
  db: Connection,
  filter: { readonly open: boolean; readonly limit: number; readonly caller?: string | null },
): readonly RequestRow[] {
  const { open, limit, caller = null } = filter;
  return db
    .prepare<RequestRow>(
      `select request, run, runbook, step, environment, words, seq, created, pending_until
       from requests
       where open >= ? and (? is null or ? = (select caller from runs where runs.run = requests.run))
       order by seq desc limit ?`,
    )
    .all(open ? 1 : 0, caller, caller, limit);
}

export function selectRequestsByPrefix(db: Connection, prefix: string): readonly RequestRow[] {
  return db
    .prepare<RequestRow>(
      `select request, run, runbook, step, environment, words, seq, created, pending_until
       from requests where request between ? and ? or words between ? and ? order by seq desc`,
    )
    .all(...range(prefix), ...range(prefix));
}

export function selectRequestByHash(db: Connection, hash: Sha256): RequestRow | null {
  const row = db
    .prepare<RequestRow>(
      `select request, run, runbook, step, environment, words, seq, created, pending_until
       from requests where hash = ?`,
    )
    .get(hash);
  return row ?? null;
}

export function selectSeenSizes(db: Connection): readonly number[] {
  return db
    .prepare<{ size: number }>('select distinct size from seen order by size')
    .all()
    .map(({ size }) => size);
}

export function selectPreviousStart(db: Connection, query: PreviousQuery): StoredEntry | null {
  const entry = db
    .prepare<StoredEntry>(
      `select entries.seq, entries.bytes
       from starts join runs on runs.run = starts.run join entries on entries.seq = starts.seq
       where starts.step = ? and starts.granted = 1 and starts.seq < ?
         and runs.runbook = ? and runs.environment = ?
       order by starts.seq desc limit 1`,
    )
    .get(query.step, query.before, query.runbook, query.environment);
  return entry ?? null;
}

/** What begins with `prefix`, as an index finds it: names here are ASCII, and no character comes after this one. */
function range(prefix: string): readonly [from: string, to: string] {
  return [prefix, `${prefix}\u{10ffff}`];
}
