/**
 * A request, a started step whose outcome nobody knows, or (`head`) the newest `config.set` for somebody
 * who signs a start, as a file that stands on its own: what an approver's client reads, checks and renders,
 * with or without access to the journal. Only `leaf`, what it names and the proofs count; `approvers` is a
 * convenience the executor judges again.
 */
export interface RequestFile {
  readonly kind: 'runbook.request/v1' | 'runbook.started/v1' | 'runbook.head/v1';
  readonly origin: string;
  /** Signed-note verifier key of the log. */
  readonly verifier_key: string;
  /** The signed note of the head the proofs lead to. */
  readonly checkpoint: string;
  readonly index: number;
  /** The leaf's bytes, base64. */
  readonly leaf: string;
  /** Inclusion proof of the leaf in the checkpoint, base64 hashes. */
  readonly inclusion: readonly string[];
  /** Consistency proofs to the checkpoint, from heads that approvers have seen. */
  readonly consistency: readonly { readonly from: number; readonly proof: readonly string[] }[];
  /** Blobs by id, base64: the commands, and those of the last run. */
  readonly blobs: Readonly<Record<string, { readonly salt: string; readonly bytes: string }>>;
  /** Who could decide, by public key line. */
  readonly approvers: readonly {
    readonly person: string;
    readonly keys: readonly string[];
    readonly slots: readonly string[];
  }[];
  /** How the log came to its keys; absent while it has one, and no recovery key. */
  readonly keys?: readonly KeyProof[];
}

/** Genesis or a `key.*` entry, proven to stand under the file's checkpoint. */
export interface KeyProof {
  readonly index: number;
  /** The leaf's bytes, base64. */
  readonly leaf: string;
  readonly inclusion: readonly string[];
  /** From the head that its statement was signed for to the checkpoint; empty for genesis. */
  readonly consistency: readonly string[];
  /**
   * With `key.rotated`: the head before it, under the key before it, and the proof from there to the
   * checkpoint. Without that, whoever extends the log by entries of their own could name a recovery key.
   */
  readonly before: { readonly checkpoint: string; readonly consistency: readonly string[] } | null;
}
