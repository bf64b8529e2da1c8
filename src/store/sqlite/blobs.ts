import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Bytes } from '../../base/digest.ts';
import { IntegrityError } from '../../base/errors.ts';
import { readIfExists } from '../../base/files.ts';
import type { BlobId } from '../../base/ids.ts';
import type { StoredBlob } from '../store.ts';
import { blobPath } from './blob-path.ts';
import { FileBlobWriter } from './blob-writer.ts';

/** Stores bytes as a file named SHA-256(salt ‖ bytes), durable before it returns. */
export function putBlob(folder: string, bytes: Buffer): BlobId {
  const writer = new FileBlobWriter(folder);
  writer.write(bytes);
  return writer.name();
}

/** Throws IntegrityError `blob_missing` (file or salt is gone) or `blob_altered`. */
export function getBlob(folder: string, id: BlobId): StoredBlob {
  const path = blobPath(folder, id);
  const [bytes, salt] = [readIfExists(path), readIfExists(`${path}.salt`)];
  if (bytes === null || salt === null) {
    const what = bytes === null ? 'blob' : 'salt of blob';
    throw new IntegrityError({ code: 'blob_missing', message: `${what} \`${id}\` is not there` });
  }
  const found = sha256Bytes(salt, bytes).toString('hex');
  if (found !== id) {
    throw new IntegrityError({
      code: 'blob_altered',
      message: `blob \`${id}\` now hashes to \`${found}\``,
    });
  }
  return { bytes, salt };
}

/** As `getBlob`, in bounded memory and without the bytes. */
export async function checkBlob(folder: string, id: BlobId): Promise<'ok' | 'missing' | 'altered'> {
  const path = blobPath(folder, id);
  const salt = readIfExists(`${path}.salt`);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (salt === null || size === undefined) {
    return 'missing';
  }
  if (size <= atOnce) {
    const bytes = readIfExists(path);
    return bytes === null ? 'missing' : stateOf(id, sha256Bytes(salt, bytes));
  }
  const hash = createHash('sha256').update(salt);
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
  return stateOf(id, hash.digest());
}

function stateOf(id: BlobId, found: Buffer): 'ok' | 'altered' {
  return found.toString('hex') === id ? 'ok' : 'altered';
}

/** A stream costs more than it reads where there is little. */
const atOnce = 1024 * 1024;

const dayMs = 86_400_000;

/** Removes what crashed writers left, a day later: a living one may still be writing. */
export function sweepTemporary(folder: string, nowMs: number): void {
  for (const name of listTemporary(folder)) {
    const path = join(folder, 'tmp', name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (nowMs - changed > dayMs) {
      rmSync(path, { force: true });
    }
  }
}

function listTemporary(folder: string): readonly string[] {
  try {
    return readdirSync(join(folder, 'tmp'));
  } catch {
    return [];
  }
}
