import type { Pin, Receipt } from '../approval/statement/receipt.ts';
import type { BlobId } from '../base/ids.ts';
import type { KeyHistory } from '../journal/key-history.ts';
import type { OutsideSources } from './outside.ts';
import type { Replica } from './replicas.ts';

/** What the auditor brings along: everything else is the journal's own word. */
export interface Trust {
  readonly origin: string;
  /** The log's raw Ed25519 public key. */
  readonly publicKey: Buffer;
  /** Its keys as the entries say that are not read, where only later ones are. */
  readonly keys?: KeyHistory;
  /** Whether one of the entries that are not read was pruned. */
  readonly prunedBefore?: boolean;
  readonly receipts: readonly { readonly name: string; readonly receipt: Receipt }[];
  readonly pins: readonly Pin[];
  /** The auditor's own clock, for what should have happened since; without it the time of the last entry. */
  readonly nowMs?: number;
  /** What others said of the log's heads, and by which keys they are believed. */
  readonly outside?: OutsideSources;
  /** The copies that the configuration names; absent where there is only the log. */
  readonly replicas?: readonly Replica[];
}

/** A blob an entry names. Large output is only checked, not read: its bytes are null then. */
export type Blob =
  | { readonly state: 'ok'; readonly bytes: Buffer | null }
  | { readonly state: 'missing' | 'altered' };

/** One entry as it is stored. */
export interface StoredLeaf {
  readonly seq: number;
  readonly bytes: Buffer;
  /** What another thread of the same program has found out about the bytes. */
  readonly seen?: SeenLeaf;
}

export interface SeenLeaf {
  readonly hash: Buffer;
  /** They are plainly their own canonical form; false: nobody has looked closely. */
  readonly isCanonical: boolean;
}

/** One stored entry, with the blobs that it names. */
export interface Exhibit extends StoredLeaf {
  readonly blobs: ReadonlyMap<BlobId, Blob>;
}
