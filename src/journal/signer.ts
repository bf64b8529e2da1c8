/** What signs checkpoints, synchronously, inside the store's transaction. */
export interface CheckpointSigner {
  /** Signed-note key name: the log's origin. */
  readonly name: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** Raw Ed25519 signature, 64 bytes. */
  sign(message: Buffer): Buffer;
}
