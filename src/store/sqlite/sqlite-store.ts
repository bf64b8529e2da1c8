import type { BlobId, RequestId, RunId, Sha256 } from '../../base/ids.ts';
import type { Anchor } from '../../journal/anchor.ts';
import type { KeyHistory } from '../../journal/key-history.ts';
import { consistencyProof, inclusionProof } from '../../journal/merkle.ts';
import type * as rows from '../rows.ts';
import type {
  BlobWriter,
  CommitInput,
  Committed,
  Head,
  Held,
  Holder,
  Note,
  ReadAhead,
  ReadRange,
  Store,
  StoredBlob,
  StoredEntry,
  Swept,
} from '../store.ts';
import { insertAnchor, selectAnchors } from './anchors.ts';
import { FileBlobWriter } from './blob-writer.ts';
import { checkBlob, putBlob } from './blobs.ts';
import { commit } from './commit.ts';
import { selectDebts } from './debts.ts';
import {
  countRunEntries,
  requireRun,
  selectConfig,
  selectEntries,
  selectIdentities,
} from './entries.ts';
import { explained } from './faults.ts';
import { selectMatching } from './find-entries.ts';
import { loadHead, loadHeadAt, loadHeadUpTo } from './heads.ts';
import { releaseHold, selectHold, takeHold } from './holds.ts';
import { type Journal, write } from './journal.ts';
import { assertWritable } from './journal-file.ts';
import { requireKeys } from './keys.ts';
import {
  selectMoved,
  selectPreviousStart,
  selectRequestByHash,
  selectRequests,
  selectRequestsByPrefix,
  selectRuns,
  selectRunsByPrefix,
  selectSeenSizes,
  selectServed,
} from './lists.ts';
import { putNote, selectNote, selectNotes } from './notes.ts';
import { selectOpening } from './openings.ts';
import { selectErased, selectPruned, selectPrunedRuns } from './pruned.ts';
import { openReadAhead } from './read-ahead.ts';
import { rebuild } from './rebuild.ts';
import { selectOneReusable, selectReusable } from './reusable.ts';
import { getUnerased, sweep } from './sweep.ts';
import { selectTokenByHash, selectTokens } from './tokens.ts';
import { selectNode, selectNodes, selectPeaks } from './tree.ts';

/** The store as SQLite keeps it. SQLite answers at once, so nothing here really waits. */
export class SqliteStore implements Store {
  readonly origin: string;
  readonly #journal: Journal;
  readonly #blobs: string;

  constructor(journal: Journal, blobs: string) {
    this.origin = journal.origin;
    this.#journal = journal;
    this.#blobs = blobs;
  }

  async keys(): Promise<KeyHistory> {
    return this.#read(() => requireKeys(this.#journal));
  }

  async prepareKey(): Promise<Buffer> {
    const { file, keys, origin } = this.#journal;
    assertWritable(file);
    return explained(file.path, () => keys.prepare(origin));
  }

  async discardKey(publicKey: Buffer): Promise<void> {
    const { keys: named } = await this.keys();
    if (!named.some((key) => key.publicKey.equals(publicKey))) {
      this.#journal.keys.discard(this.origin, publicKey);
    }
  }

  async waitingKeys(): Promise<readonly string[]> {
    return this.#journal.keys.waiting();
  }

  async head(): Promise<Head> {
    return this.#read(() => loadHead(this.#journal));
  }

  async headAt(size: number): Promise<Head | null> {
    return this.#read(() => loadHeadAt(this.#journal, size));
  }

  async headUpTo(size: number): Promise<Head | null> {
    return this.#read(() => loadHeadUpTo(this.#journal, size));
  }

  async entries(from: number, to: number): Promise<readonly StoredEntry[]> {
    return this.#read(() => selectEntries(this.#journal.db, from, to));
  }

  async pruned(from: number, to: number): Promise<readonly rows.PrunedEntry[]> {
    return this.#read(() => selectPruned(this.#journal.db, from, to));
  }

  async prunedRuns(prefix: string): Promise<readonly RunId[]> {
    return this.#read(() => selectPrunedRuns(this.#journal.db, prefix));
  }

  async peaks(size: number): Promise<readonly Buffer[]> {
    return this.#read(() => selectPeaks(this.#journal.db, size));
  }

  async nodes(level: number, from: number, to: number): Promise<readonly Buffer[]> {
    return this.#read(() => selectNodes(this.#journal.db, { level, from, to }));
  }

  async findEntries(query: rows.EntryQuery): Promise<readonly number[]> {
    return this.#read(() => selectMatching(this.#journal.db, query));
  }

  async inclusionProof(seq: number, size: number): Promise<readonly Buffer[]> {
    return this.#read(() => inclusionProof(seq, size, this.#node));
  }

  async consistencyProof(from: number, to: number): Promise<readonly Buffer[]> {
    return this.#read(() => consistencyProof(from, to, this.#node));
  }

  async loadRun(run: RunId, skip = 0): Promise<readonly StoredEntry[]> {
    return this.#read(() => requireRun(this.#journal.db, run, skip));
  }

  async runVersion(run: RunId): Promise<number> {
    return this.#read(() => countRunEntries(this.#journal.db, run));
  }

  async commit(input: CommitInput): Promise<Committed> {
    return commit(this.#journal, input);
  }

  async identityEntries(from: number): Promise<readonly StoredEntry[]> {
    return this.#read(() => selectIdentities(this.#journal.db, from));
  }

  async latestConfig(): Promise<StoredEntry | null> {
    return this.#read(() => selectConfig(this.#journal.db));
  }

  async listRuns(filter: Parameters<Store['listRuns']>[0]): Promise<readonly rows.RunRow[]> {
    return this.#read(() => selectRuns(this.#journal.db, filter));
  }

  async findRuns(prefix: string): Promise<readonly rows.RunRow[]> {
    return this.#read(() => selectRunsByPrefix(this.#journal.db, prefix));
  }

  async listRequests(
    filter: Parameters<Store['listRequests']>[0],
  ): Promise<readonly rows.RequestRow[]> {
    return this.#read(() => selectRequests(this.#journal.db, filter));
  }

  async findRequests(prefix: string): Promise<readonly rows.RequestRow[]> {
    return this.#read(() => selectRequestsByPrefix(this.#journal.db, prefix));
  }

  async requestByHash(hash: Sha256): Promise<rows.RequestRow | null> {
    return this.#read(() => selectRequestByHash(this.#journal.db, hash));
  }

  async seenSizes(): Promise<readonly number[]> {
    return this.#read(() => selectSeenSizes(this.#journal.db));
  }

  async listServed(): Promise<readonly rows.RunRow[]> {
    return this.#read(() => selectServed(this.#journal.db));
  }

  async listMoved(): Promise<readonly rows.RunRow[]> {
    return this.#read(() => selectMoved(this.#journal.db));
  }

  async tokenByHash(hash: Sha256): Promise<rows.TokenRow | null> {
    return this.#read(() => selectTokenByHash(this.#journal.db, hash));
  }

  async listTokens(): Promise<readonly rows.TokenRow[]> {
    return this.#read(() => selectTokens(this.#journal.db));
  }

  async listReusable(query: rows.ReuseQuery | null): Promise<readonly rows.ReusableRow[]> {
    return this.#read(() => selectReusable(this.#journal.db, query));
  }

  async findReusable(request: RequestId): Promise<rows.ReusableRow | null> {
    return this.#read(() => selectOneReusable(this.#journal.db, request));
  }

  async listDebts(open: boolean): Promise<readonly rows.DebtRow[]> {
    return this.#read(() => selectDebts(this.#journal.db, open));
  }

  async previousStart(query: rows.PreviousQuery): Promise<StoredEntry | null> {
    return this.#read(() => selectPreviousStart(this.#journal.db, query));
  }

  async putBlob(bytes: Buffer): Promise<BlobId> {
    assertWritable(this.#journal.file);
    return putBlob(this.#blobs, bytes);
  }

  async openBlob(): Promise<BlobWriter> {
    assertWritable(this.#journal.file);
    return new FileBlobWriter(this.#blobs);
  }

  async getBlob(id: BlobId): Promise<StoredBlob> {
    return explained(this.#blobs, () => getUnerased(this.#journal.db, this.#blobs, id));
  }

  async checkBlob(id: BlobId): Promise<'ok' | 'missing' | 'altered'> {
    return checkBlob(this.#blobs, id);
  }

  async getOpening(commitment: Sha256): Promise<Buffer | null> {
    return this.#read(() => selectOpening(this.#journal.db, commitment));
  }

  async erasedBy(id: BlobId | Sha256): Promise<number | null> {
    return this.#read(() => selectErased(this.#journal.db, id));
  }

  async sweep(): Promise<Swept> {
    return explained(this.#journal.file.path, () => sweep(this.#journal, this.#blobs));
  }

  async takeHold(
    held: Held,
    holder: Holder,
    isAlive: (holder: Holder) => boolean,
  ): Promise<Holder | null> {
    return write(this.#journal, () => takeHold(this.#journal.db, { held, holder }, isAlive));
  }

  async getHold(held: Held): Promise<Holder | null> {
    return this.#read(() => selectHold(this.#journal.db, held));
  }

  async releaseHold(held: Held, holder: Holder): Promise<void> {
    releaseHold(this.#journal, held, holder);
  }

  async getNote(area: string, key: string): Promise<string | null> {
    return this.#read(() => selectNote(this.#journal.db, area, key));
  }

  async listNotes(area: string): Promise<readonly Note[]> {
    return this.#read(() => selectNotes(this.#journal.db, area));
  }

  async putNote(area: string, key: string, value: string | null): Promise<void> {
    write(this.#journal, () => putNote(this.#journal.db, { area, key, value }));
  }

  async putAnchor(anchor: Anchor): Promise<void> {
    write(this.#journal, () => insertAnchor(this.#journal.db, anchor));
  }

  async anchors(from: number, to: number): Promise<readonly Anchor[]> {
    return this.#read(() => selectAnchors(this.#journal.db, from, to));
  }

  readAhead(range: ReadRange): ReadAhead | null {
    return openReadAhead(this.#journal.file.path, range);
  }

  async rebuild(progress: (done: number, of: number) => void): Promise<void> {
    rebuild(this.#journal, progress);
  }

  async close(): Promise<void> {
    this.#journal.db.close();
  }

  readonly #node = (level: number, index: number): Buffer =>
    selectNode(this.#journal.db, level, index);

  #read<Result>(work: () => Result): Result {
    return explained(this.#journal.file.path, work);
  }
}
