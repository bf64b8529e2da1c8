import { UsageError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import type { StoredEntry } from '../store.ts';
import type { Connection } from './connection.ts';

/** Entries `from <= seq < to`, in order. */
export function selectEntries(db: Connection, from: number, to: number): readonly StoredEntry[] {
  return db
    .prepare<StoredEntry>('select seq, bytes from entries where seq >= ? and seq < ? order by seq')
    .all(from, to);
}

/** The run's entries in order, but the first `skip`. */
function selectRunEntries(db: Connection, run: RunId, skip: number): readonly StoredEntry[] {
  return db
    .prepare<StoredEntry>(
      `select entries.seq, entries.bytes from events join entries on entries.seq = events.seq
       where events.run = ? order by events.seq limit -1 offset ?`,
    )
    .all(run, skip);
}

/** As `selectRunEntries`. Throws UsageError `run_unknown` where there is no such run. */
export function requireRun(db: Connection, run: RunId, skip: number): readonly StoredEntry[] {
  const entries = selectRunEntries(db, run, skip);
  if (entries.length === 0 && countRunEntries(db, run) === 0) {
    throw new UsageError({ code: 'run_unknown', message: `there is no run \`${run}\`` });
  }
  return entries;
}

/** The number of the run's entries with `seq < before`. */
export function countRunEntries(
  db: Connection,
  run: RunId,
  before = Number.MAX_SAFE_INTEGER,
): number {
  const row = db
    .prepare<{ version: number }>(
      'select count(*) as version from events where run = ? and seq < ?',
    )
    .get(run, before);
  return row?.version ?? 0;
}

/** The newest `config.set`. */
export function selectConfig(db: Connection): StoredEntry | null {
  const entry = db
    .prepare<StoredEntry>(
      `select entries.seq, entries.bytes from events join entries on entries.seq = events.seq
       where events.type = 'config.set' order by events.seq desc limit 1`,
    )
    .get();
  return entry ?? null;
}

/** Those from `from` on that say who is who, in order. The condition is that of the index `events_identities`. */
export function selectIdentities(db: Connection, from: number): readonly StoredEntry[] {
  return db
    .prepare<StoredEntry>(
      `select entries.seq, entries.bytes from events join entries on entries.seq = events.seq
       where events.type in ('config.set', 'passkey.invited', 'passkey.enrolled', 'passkey.removed', 'issuer.keys')
         and events.seq >= ? order by events.seq`,
    )
    .all(from);
}

/** Where the newest of them stands; null where there is none. */
export function selectNewestIdentity(db: Connection): number | null {
  const row = db
    .prepare<{ seq: number }>(
      `select seq from events
       where type in ('config.set', 'passkey.invited', 'passkey.enrolled', 'passkey.removed', 'issuer.keys')
       order by seq desc limit 1`,
    )
    .get();
  return row?.seq ?? null;
}

/** Where a command stands: its first entry; null where it was never committed. */
export function selectCommand(db: Connection, run: RunId | null, cmd: string): number | null {
  const row = db
    .prepare<{ seq: number }>(
      "select seq from events where ifnull(run, '') = ifnull(?, '') and cmd = ?",
    )
    .get(run, cmd);
  return row?.seq ?? null;
}

/** The last entry of the commit that `seq` belongs to: the one that carries the signature. */
export function selectCommitEnd(db: Connection, seq: number): number | null {
  const row = db
    .prepare<{ seq: number | null }>(
      `select min(seq) as seq from (
         select * from (select seq from entries where seq >= ? and signature is not null order by seq limit 1)
         union all
         select * from (select seq from pruned where seq >= ? and signature is not null order by seq limit 1)
       )`,
    )
    .get(seq, seq);
  return row?.seq ?? null;
}

/** The last entry before `size` that carries a signature. */
export function selectSignedBefore(db: Connection, size: number): number | null {
  const row = db
    .prepare<{ seq: number | null }>(
      `select max(seq) as seq from (
         select * from (select seq from entries where seq < ? and signature is not null order by seq desc limit 1)
         union all
         select * from (select seq from pruned where seq < ? and signature is not null order by seq desc limit 1)
       )`,
    )
    .get(size, size);
  return row?.seq ?? null;
}

export function insertEntry(db: Connection, { seq, bytes }: StoredEntry): void {
  db.prepare('insert into entries (seq, bytes) values (?, ?)').run(seq, bytes);
}

/** The signature over the tree head that ends with an entry. */
export interface StoredSignature {
  readonly key_id: string;
  readonly signature: Buffer;
}

export function setSignature(db: Connection, seq: number, signed: StoredSignature): void {
  const update = db.prepare('update entries set key_id = ?, signature = ? where seq = ?');
  update.run(signed.key_id, signed.signature, seq);
}

export function selectSignature(db: Connection, seq: number): StoredSignature | null {
  const row = db
    .prepare<StoredSignature>(
      'select key_id, signature from entries where seq = ? and signature is not null',
    )
    .get(seq);
  return row ?? selectPrunedSignature(db, seq);
}

/** A head outlives the entry that it ended with: old proofs, receipts and pins still lead to it. */
function selectPrunedSignature(db: Connection, seq: number): StoredSignature | null {
  const row = db
    .prepare<StoredSignature>(
      'select key_id, signature from pruned where seq = ? and signature is not null',
    )
    .get(seq);
  return row ?? null;
}
