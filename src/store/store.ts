import type { Clock } from '../base/clock.ts';
import type { BlobId, RequestId, RunId, Sha256 } from '../base/ids.ts';
import type { Anchor } from '../journal/anchor.ts';
import type { KeyHistory } from '../journal/key-history.ts';
import type { KeyRing } from '../journal/signer.ts';
import type { Event, Genesis } from '../run/events.ts';
import type { PreparedKeys } from './prepared-keys.ts';
import type {
  DebtRow,
  EntryQuery,
  PreviousQuery,
  PrunedEntry,
  RequestRow,
  ReusableRow,
  ReuseQuery,
  RunRow,
  TokenRow,
} from './rows.ts';

/**
 * Where the journal lives. It can do one thing to a run: commit whole transitions, as entries. Nothing
 * else changes a run, so nothing can be recorded without its entry.
 *
 * Every promise below holds across processes: several may have the same store open. After a crash
 * between any two calls the store is as it was after the last call that returned, or after a commit
 * that had become durable but was not acknowledged; `commit` with the same command id then finds it.
 */
export interface Store extends PreparedKeys {
  readonly origin: string;

  /** Which key signs which heads, as genesis and the `key.*` entries say now: another process may have rotated. */
  keys(): Promise<KeyHistory>;
  /** The newest signed head. */
  head(): Promise<Head>;
  /** The head that some earlier size had, rebuilt from its stored signature where one exists for it. */
  headAt(size: number): Promise<Head | null>;
  /** The newest signed head of at most `size` entries; null where there is none. */
  headUpTo(size: number): Promise<Head | null>;
  /** Entries `from <= seq < to`, in order, but those that were pruned. Bytes as stored; nothing is checked here. */
  entries(from: number, to: number): Promise<readonly StoredEntry[]>;
  /** Those of `from <= seq < to` that were reduced to their leaf hashes, in order. */
  pruned(from: number, to: number): Promise<readonly PrunedEntry[]>;
  /** Runs whose id begins with `prefix` and of which entries were pruned. */
  prunedRuns(prefix: string): Promise<readonly RunId[]>;
  /** The stored subtree roots that make up the first `size` leaves, left to right (RFC 6962 peaks). */
  peaks(size: number): Promise<readonly Buffer[]>;
  /** Stored roots of complete subtrees of `2^level` leaves, `from <= index < to`. Throws JournalError `index_damaged`. */
  nodes(level: number, from: number, to: number): Promise<readonly Buffer[]>;
  /** Numbers of entries by the index, newest first: where to look. Only the entries say what is so. */
  findEntries(query: EntryQuery): Promise<readonly number[]>;
  inclusionProof(seq: number, size: number): Promise<readonly Buffer[]>;
  consistencyProof(from: number, to: number): Promise<readonly Buffer[]>;

  /** A run's entries, by its index, but the first `skip`. Throws UsageError `run_unknown`. */
  loadRun(run: RunId, skip?: number): Promise<readonly StoredEntry[]>;
  /** Grows with each of the run's entries; cheap, for waiting. 0 for an unknown run. */
  runVersion(run: RunId): Promise<number>;
  /** Commits events, all or none, durable before it returns, under one new signed head. */
  commit(input: CommitInput): Promise<Committed>;

  /** The newest `config.set`. */
  latestConfig(): Promise<StoredEntry | null>;
  /** Entries from `from` on that say who is who: `config.set`, `passkey.*` and `issuer.keys`, in order. */
  identityEntries(from: number): Promise<readonly StoredEntry[]>;
  /** Newest first; with `caller` (an identity) only those that this one started. */
  listRuns(filter: {
    readonly limit: number;
    readonly caller?: string | null;
  }): Promise<readonly RunRow[]>;
  /** Runs whose id begins with `prefix`. */
  findRuns(prefix: string): Promise<readonly RunRow[]>;
  /** Newest first; with `caller` only those of the runs that this one started. */
  listRequests(filter: {
    readonly open: boolean;
    readonly limit: number;
    readonly caller?: string | null;
  }): Promise<readonly RequestRow[]>;
  /** Requests whose id or four words begin with `prefix`. */
  findRequests(prefix: string): Promise<readonly RequestRow[]>;
  /** The request whose entry has this leaf hash: how a signed statement names it. */
  requestByHash(hash: Sha256): Promise<RequestRow | null>;
  /** The sizes of the heads that people saw when they last signed, each once. */
  seenSizes(): Promise<readonly number[]>;
  /** Runs that were started through the API and have not ended, oldest first: a server drives them. */
  listServed(): Promise<readonly RunRow[]>;
  /** Runs of this machine that have not ended and that somebody resumed or cancelled, oldest first. */
  listMoved(): Promise<readonly RunRow[]>;
  /** The token whose secret has this hash, revoked and expired ones too; null where there is none. */
  tokenByHash(hash: Sha256): Promise<TokenRow | null>;
  /** Newest first. */
  listTokens(): Promise<readonly TokenRow[]>;
  /**
   * Requests of any run that were asked to hold for later runs of this content, newest first, whatever
   * became of them: only the journal's entries say whether one holds.
   */
  listReusable(query: ReuseQuery | null): Promise<readonly ReusableRow[]>;
  /** The row of one such request; null where it was not asked to hold for later runs. */
  findReusable(request: RequestId): Promise<ReusableRow | null>;
  /** Break-glass starts, newest first; `open`: only those whose review is owed. */
  listDebts(open: boolean): Promise<readonly DebtRow[]>;
  /** The last start of this step under a grant, before `before`. */
  previousStart(query: PreviousQuery): Promise<StoredEntry | null>;

  /** Stores bytes, durable before it returns. */
  putBlob(bytes: Buffer): Promise<BlobId>;
  /** A writer for output of unknown size: bounded memory, durable at `finish`. */
  openBlob(): Promise<BlobWriter>;
  /**
   * Reads and checks the bytes against the id. Throws IntegrityError `blob_missing`, `blob_altered`; UsageError
   * `blob_erased` where it is not there and an entry says so.
   */
  getBlob(id: BlobId): Promise<StoredBlob>;
  /** Whether the blob is there and intact; reads it in pieces. */
  checkBlob(id: BlobId): Promise<'ok' | 'missing' | 'altered'>;
  /** A private value's salt, by its commitment; null where it was erased. */
  getOpening(commitment: Sha256): Promise<Buffer | null>;

  /** The entry that says that this blob or opening was erased; null where none does. */
  erasedBy(id: BlobId | Sha256): Promise<number | null>;
  /**
   * Deletes what entries say may go, and nothing else: what `content.erased` names, salts first, and entries
   * that `log.pruned` names, with the blobs and salts that they name, all entries in one transaction. Durable
   * before it returns; after a crash the next call finishes it.
   */
  sweep(): Promise<Swept>;

  /**
   * Takes a run, or one of the places there is one of in a store, for this process. Answers the living
   * holder instead where there is one; a dead one is replaced. `isAlive` is asked inside the transaction.
   */
  takeHold(
    held: Held,
    holder: Holder,
    isAlive: (holder: Holder) => boolean,
  ): Promise<Holder | null>;
  getHold(held: Held): Promise<Holder | null>;
  releaseHold(held: Held, holder: Holder): Promise<void>;

  /**
   * What a channel must find again after a restart: where it posted a card, how far it has delivered.
   * Durable before it returns. Nothing here is truth: without it, something is posted twice.
   */
  getNote(area: string, key: string): Promise<string | null>;
  listNotes(area: string): Promise<readonly Note[]>;
  /** Null removes it. */
  putNote(area: string, key: string, value: string | null): Promise<void>;

  /** Keeps what somebody outside said of a head, durable before it returns. The same one twice is one. */
  putAnchor(anchor: Anchor): Promise<void>;
  /** Those over heads of `from <= size < to`, smallest first. */
  anchors(from: number, to: number): Promise<readonly Anchor[]>;

  /**
   * Has entries of a range read and looked at by threads of their own, page by page, before they are asked for.
   * Null where this program has no such threads.
   */
  readAhead(range: ReadRange): ReadAhead | null;

  /** Makes every index again from the entries. */
  rebuild(progress: (done: number, of: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** How a store is opened. `create` makes key-owner's genesis once, under a lock. */
export interface StoreOptions {
  /** State directory, made with mode 0700 where it is missing. */
  readonly dir: string;
  readonly clock: Clock;
  /** Where the keys lie that sign checkpoints. Called under the store's lock. */
  readonly keys: KeyRing;
  /** Everything genesis says but origin and key. */
  readonly genesis: Omit<Genesis, 'origin' | 'key' | 'format'>;
}

export interface Head {
  readonly size: number;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Buffer;
  /** The whole signed note (C2SP checkpoint). */
  readonly note: string;
  /** Time of the last entry. */
  readonly time: string;
}

export interface StoredEntry {
  readonly seq: number;
  readonly bytes: Buffer;
}

export interface ReadRange {
  readonly from: number;
  readonly to: number;
  /** Entries of one page. */
  readonly page: number;
  readonly threads: number;
}

export interface ReadAhead {
  /** The page that begins with this entry; pages are asked for in order, each once. */
  entries(from: number): Promise<readonly SeenEntry[]>;
  close(): Promise<void>;
}

/** An entry, with its leaf hash and whether it is plainly canonical. */
export interface SeenEntry extends StoredEntry {
  readonly seen: { readonly hash: Buffer; readonly isCanonical: boolean };
}

export interface CommitInput {
  readonly run: RunId | null;
  /** The number of the run's entries the caller decided on; null for entries without a run. */
  readonly expectedVersion: number | null;
  /** Unique per (run, command). Committing the same one twice answers the first commit. */
  readonly commandId: string;
  readonly events: readonly Event[];
  /** Salts of private values, stored in the same transaction. */
  readonly openings?: readonly { readonly commitment: Sha256; readonly salt: Buffer }[];
  /** Judged inside the transaction; where one fails nothing is written and ConflictError is thrown. */
  readonly guards?: {
    /** `config.set` in force must still be this one (`config_changed`). */
    readonly config?: number;
    /** The newest of `identityEntries` must still be this one (`config_changed`). */
    readonly identities?: number;
    /** The wall clock must be earlier (`too_late`). */
    readonly beforeMs?: number;
    /** The token of this id must have been issued, and be neither revoked nor expired (`token_ended`). */
    readonly tokenStands?: string;
    /** The newest token must still be the one that this entry issued, -1 where there is none (`token_issued`). */
    readonly newestToken?: number;
    /** The clock must not stand more than 2 s behind any entry since the run began (`clock_backwards`). */
    readonly steadyClock?: boolean;
    /** As `steadyClock`, behind any entry since this other run began. */
    readonly steadySince?: RunId;
    /** No start under this reusable request has this number yet, and nobody revoked it (`grant_moved`). */
    readonly reuse?: { readonly request: RequestId; readonly use: number };
    /** In this scope no other run owes a review of break-glass (`debt_open`): one that has begun may go on. */
    readonly noDebt?: string;
    /** Some run's version: it must still be this one (`version_moved`). */
    readonly versionOf?: { readonly run: RunId; readonly version: number };
  };
  /** Closing entries may use the reserve when the disk is full; all others then throw JournalError. */
  readonly closing?: boolean;
}

export interface Committed {
  /** Sequence number of the first of the commit's entries. */
  readonly first: number;
  /** Leaf hashes in order. */
  readonly hashes: readonly Sha256[];
  /** The run's version after the commit; 0 for entries without a run. */
  readonly version: number;
  readonly head: Head;
  /** True where this command id had been committed before. */
  readonly duplicate: boolean;
}

/** What a sweep found and deleted. */
export interface Swept {
  readonly blobs: number;
  readonly openings: number;
  readonly entries: number;
}

export interface StoredBlob {
  readonly bytes: Buffer;
  readonly salt: Buffer;
}

export interface BlobWriter {
  /** Bytes written so far. */
  readonly size: number;
  write(chunk: Buffer): void;
  /** Fsyncs and names the blob; null where nothing was written. */
  finish(): Promise<BlobId | null>;
  abort(): Promise<void>;
}

/**
 * `serve`: drives the runs started through the API. `reception`: receives clicks and posts cards. `sink:…`:
 * brings this sink up to date just now.
 */
export type Held = RunId | 'serve' | 'reception' | `sink:${string}`;

export interface Note {
  readonly key: string;
  readonly value: string;
}

/** Who is driving a run. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly boot: string;
  /** The process's start time as the kernel tells it: a reused pid is another process. */
  readonly startTime: string;
  readonly since: string;
}
