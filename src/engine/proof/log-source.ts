import type { Blob, StoredLeaf } from '../../audit/exhibit.ts';
import type { BlobId } from '../../base/ids.ts';
import type { Anchor } from '../../journal/anchor.ts';
import type { VerifierKey } from '../../journal/verifier-key.ts';
import type { PrunedEntry } from '../../store/rows.ts';

/**
 * A log to verify, wherever it lies. Reads only, and nothing is believed: what it answers is checked by
 * whoever asked. What was told of a range stays so, however the log grows meanwhile.
 */
export interface LogSource {
  readonly origin: string;
  /** The key by which the log is known. */
  readonly key: VerifierKey;
  /** Sizes of heads that are opened whatever the others: those before another key signs. */
  readonly landmarks?: ReadonlySet<number>;
  /** Whether that is the reader's own knowledge, or the log's word about itself. */
  readonly keyFrom: 'reader' | 'log';
  /** In words, for messages. */
  readonly place: string;
  /** Whether it ever had the blobs that entries name: a mirror holds entries alone. */
  readonly hasBlobs: boolean;
  /** The newest signed head. */
  head(): Promise<SourceHead>;
  /** The signed head of this size, where one is kept. Throws RunbookError where it cannot be made out. */
  headAt(size: number): Promise<SourceHead | null>;
  /** Entries `from <= seq < to` that are there, in order. */
  entries(from: number, to: number): Promise<readonly StoredLeaf[]>;
  /** Those of which only the leaf hash is kept. */
  pruned(from: number, to: number): Promise<readonly PrunedEntry[]>;
  /** What others said of its heads. */
  anchors(from: number, to: number): Promise<readonly Anchor[]>;
  /** The bytes only where `read`; large ones are only checked. */
  blob(id: BlobId, read: boolean): Promise<Blob>;
  close(): Promise<void>;
}

export interface SourceHead {
  readonly size: number;
  /** The whole signed note. */
  readonly note: string;
}
