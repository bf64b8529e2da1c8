import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InternalError } from '../../base/errors.ts';
import { syncDirectory, writeFileDurably } from '../../base/files.ts';
import { type BlobId, newNonce, newSalt } from '../../base/ids.ts';
import type { BlobWriter } from '../store.ts';
import { blobPath } from './blob-path.ts';
import { explained } from './faults.ts';

/**
 * Writes one blob into a temporary file, hashing as it goes. The name is the hash, so the file gets it
 * last: a crash leaves a temporary file, or a salt without its blob, and neither means anything. A writer
 * that fails (`journal_full`, `journal_unwritable`) has removed its file and takes no more.
 */
export class FileBlobWriter implements BlobWriter {
  readonly #folder: string;
  readonly #salt = newSalt();
  readonly #hash: Hash = createHash('sha256').update(this.#salt);
  readonly #temporary: string;
  readonly #descriptor: number;
  #size = 0;
  #open = true;

  constructor(folder: string) {
    this.#folder = folder;
    this.#temporary = join(folder, 'tmp', newNonce());
    this.#descriptor = explained(folder, () => openTemporary(this.#temporary));
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Buffer): void {
    this.#assertOpen();
    try {
      explained(this.#temporary, () => writeWhole(this.#descriptor, chunk));
    } catch (error) {
      this.#discard();
      throw error;
    }
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  async finish(): Promise<BlobId | null> {
    if (this.#size === 0) {
      await this.abort();
      return null;
    }
    return this.name();
  }

  /** As `finish`, but an empty blob is a blob too. */
  name(): BlobId {
    this.#assertOpen();
    const id = this.#hash.digest('hex') as BlobId;
    try {
      explained(this.#temporary, () => this.#place(blobPath(this.#folder, id)));
    } finally {
      this.#discard();
    }
    return id;
  }

  async abort(): Promise<void> {
    this.#discard();
  }

  /** Durable in this order: bytes, salt, name. */
  #place(path: string): void {
    fsyncSync(this.#descriptor);
    if (mkdirSync(dirname(path), { recursive: true, mode: 0o700 }) !== undefined) {
      syncDirectory(this.#folder);
    }
    writeFileDurably(`${path}.salt`, this.#salt, 0o600);
    renameSync(this.#temporary, path);
    syncDirectory(dirname(path));
  }

  /** The number of a closed descriptor may by now be that of another file. */
  #assertOpen(): void {
    if (!this.#open) {
      throw new InternalError({ code: 'blob_closed', message: 'the blob is no longer written' });
    }
  }

  #discard(): void {
    if (this.#open) {
      this.#open = false;
      closeSync(this.#descriptor);
      rmSync(this.#temporary, { force: true });
    }
  }
}

function openTemporary(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'wx', 0o600);
}

function writeWhole(descriptor: number, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; ) {
    at += writeSync(descriptor, chunk, at);
  }
}
