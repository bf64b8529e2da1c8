/** The keys that may sign the journal one day, as a store keeps them beside it. */
export interface PreparedKeys {
  /**
   * Makes the key that `key.rotated` may name one day; durable before it returns, and signs nothing until
   * then. The commit of `key.rotated` is the first that it signs, and from then on the key before is gone.
   */
  prepareKey(): Promise<Buffer>;
  /** Removes one that nobody will name. One that the log names stays: a commit that failed may have been durable. */
  discardKey(publicKey: Buffer): Promise<void>;
  /** Files of those that are there, in order: of rotations that were not finished. */
  waitingKeys(): Promise<readonly string[]>;
}
