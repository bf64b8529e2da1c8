import type { BlobId, RunId, Sha256 } from '../base/ids.ts';
import type { RunFinished } from './events.ts';

/** The entries in which the journal speaks of itself: its keys, its copies, what was taken out of it. */

export type TrailEvent =
  | { readonly type: 'key.recovery'; readonly data: RecoveryNamed }
  | { readonly type: 'key.rotated'; readonly data: KeyRotated }
  | { readonly type: 'sink.gap'; readonly data: SinkGap }
  | { readonly type: 'content.erased'; readonly data: ContentErased }
  | { readonly type: 'log.pruned'; readonly data: LogPruned }
  | { readonly type: 'evidence.exported'; readonly data: EvidenceExported };

/** Each type of them. */
export const trailTypes: Readonly<Record<TrailEvent['type'], true>> = {
  'key.recovery': true,
  'key.rotated': true,
  'sink.gap': true,
  'content.erased': true,
  'log.pruned': true,
  'evidence.exported': true,
};

/** Whether an entry is about the journal itself, and so of no run. */
export function isTrailEvent<E extends { readonly type: string }>(
  event: E,
): event is Extract<E, TrailEvent> {
  return Object.hasOwn(trailTypes, event.type);
}

/** The `data` of `key.recovery`: the offline key that authorises every rotation from here on. */
export interface RecoveryNamed {
  /** OpenSSH public key line, without a comment. */
  readonly public: string;
  /** Identity of whoever's process recorded it. */
  readonly by: string;
  /** JCS text that the keys below signed (namespace `key@runbook/v1`). */
  readonly statement: string;
  /** SSHSIG of the key that is named: whoever names it holds it. */
  readonly signature: string;
  /** SSHSIG of the recovery key that was in force before; null where there was none. */
  readonly previous: string | null;
}

/**
 * The `data` of `key.rotated`. The commit that holds it is the first that the new key signs; the recovery
 * key then in force has signed the statement, so that a thief of the journal's key cannot hand it on.
 */
export interface KeyRotated {
  /** Key id (8 hex) of the key that signed until here. */
  readonly from: string;
  /** The key that signs from here on, as in genesis. */
  readonly key: { readonly name: string; readonly id: string; readonly public: string };
  readonly reason: 'rotation' | 'lost' | 'compromised';
  /**
   * RFC 3339; null but for `compromised`. What the old key signed and no outside head from before then
   * covers is unproven.
   */
  readonly compromised_since: string | null;
  readonly by: string;
  readonly statement: string;
  /** SSHSIG of the recovery key over the statement. */
  readonly signature: string;
}

/** The `data` of `sink.gap`: a copy has been behind for longer than it may. One for each outage. */
export interface SinkGap {
  /** Its name in `config.yaml`. */
  readonly sink: string;
  readonly kind: string;
  /** RFC 3339: since when nothing was acknowledged. */
  readonly since: string;
  /** Entries that it had acknowledged. */
  readonly acknowledged: number;
  readonly why: string;
}

/** The `data` of `content.erased`, durable before anything is deleted: from here on it may be missing. */
export interface ContentErased {
  readonly blobs: readonly BlobId[];
  /** Commitments whose salts are deleted. */
  readonly openings: readonly Sha256[];
  readonly reason: string;
  /** Identity of whoever removed it, and the person whose it is. */
  readonly by: string;
  readonly person?: string;
}

/**
 * The `data` of `log.pruned`, durable before anything is deleted: from here on exactly these entries may
 * be reduced to their leaf hashes, and the blobs and salts that they alone name be gone. Whole runs go, and
 * nothing that is of no run: what stays can contradict it.
 */
export interface LogPruned {
  /** The first entry after all of them. */
  readonly before: number;
  /** How many they are. */
  readonly count: number;
  /** In the order of their first entries. One with very many ranges stands in several entries. */
  readonly runs: readonly PrunedRun[];
  readonly reason: string;
  /** Identity of whoever removed them, and the person whose it is. */
  readonly by: string;
  readonly person: string;
}

export interface PrunedRun {
  readonly run: RunId;
  /** How it ended. */
  readonly status: RunFinished['status'];
  /** All its entries: `[from, to]` are entries `from <= seq < to`, in order. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/** The `data` of `evidence.exported`: a bundle was made for somebody. */
export interface EvidenceExported {
  /** SHA-256 of the bundle. */
  readonly digest: Sha256;
  readonly run: RunId | null;
  /** Entries `from <= seq < to` that it is about. */
  readonly from: number;
  readonly to: number;
  readonly by: string;
}
