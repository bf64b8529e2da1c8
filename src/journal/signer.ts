/** What signs checkpoints, synchronously, inside the store's transaction. */
export interface CheckpointSigner {
  /** Signed-note key name: the log's origin. */
  readonly name: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** Raw Ed25519 signature, 64 bytes. */
  sign(message: Buffer): Buffer;
}

/**
 * Where the private halves of a log's keys lie. The log says which key signs; the ring only finds it. A
 * handover has three steps, and a crash between any two leaves the key at hand that the log names:
 * `prepare`, durable; the commit that names the new key, signed by it; `open`, which puts it in its place.
 */
export interface KeyRing {
  /** The first key of a new log: made where there is none, durable before it returns. */
  create(name: string): CheckpointSigner;
  /**
   * The signer that the committed log names, put where the old key was: that one is gone from then on.
   * Answers whatever lies there where it is another: the caller compares.
   */
  open(name: string, publicKey: Buffer): CheckpointSigner;
  /** Makes a key that may sign one day, durable before it returns; what signs now stays as it is. */
  prepare(name: string): Buffer;
  /** The signer of a prepared key, for the one commit that names it. */
  prepared(name: string, publicKey: Buffer): CheckpointSigner;
  /** Removes a prepared key, where it is there. The caller knows that the log does not name it. */
  discard(name: string, publicKey: Buffer): void;
  /** Files of prepared keys, and what a crash left of making one. */
  waiting(): readonly string[];
}
