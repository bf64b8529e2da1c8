import type { Held, Holder } from '../store.ts';
import type { Connection } from './connection.ts';
import { isFull } from './faults.ts';
import { type Journal, write } from './journal.ts';

/** Inside a transaction: takes what is wanted, or answers the living holder that keeps it. */
export function takeHold(
  db: Connection,
  wanted: { readonly held: Held; readonly holder: Holder },
  isAlive: (holder: Holder) => boolean,
): Holder | null {
  const current = selectHold(db, wanted.held);
  if (current !== null && !isSame(current, wanted.holder) && isAlive(current)) {
    return current;
  }
  replaceHold(db, wanted.held, wanted.holder);
  return null;
}

export function selectHold(db: Connection, held: Held): Holder | null {
  const holder = db
    .prepare<Holder>(
      'select host, pid, boot, start_time as startTime, since from holds where run = ?',
    )
    .get(held);
  return holder ?? null;
}

/** Only the holder's own hold goes: another process may have taken over in between. */
export function releaseHold(journal: Journal, held: Held, holder: Holder): void {
  try {
    write(journal, () => deleteHold(journal.db, held, holder));
  } catch (error) {
    // Whoever comes next finds the holder dead and replaces it: no reason to fail what went well.
    if (!isFull(error)) {
      throw error;
    }
  }
}

function deleteHold(db: Connection, held: Held, holder: Holder): void {
  const { host, pid, boot, startTime } = holder;
  const remove = db.prepare(
    'delete from holds where run = ? and host = ? and pid = ? and boot = ? and start_time = ?',
  );
  remove.run(held, host, pid, boot, startTime);
}

function replaceHold(db: Connection, held: Held, holder: Holder): void {
  const { host, pid, boot, startTime, since } = holder;
  const replace = db.prepare(
    `insert or replace into holds (run, host, pid, boot, start_time, since)
     values (?, ?, ?, ?, ?, ?)`,
  );
  replace.run(held, host, pid, boot, startTime, since);
}

function isSame(a: Holder, b: Holder): boolean {
  return a.host === b.host && a.pid === b.pid && a.boot === b.boot && a.startTime === b.startTime;
}
