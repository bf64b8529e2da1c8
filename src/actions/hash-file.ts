import { createHash } from 'node:crypto';
import { type BigIntStats, readSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { InternalError } from '../base/errors.ts';
import { isSha256, type Sha256 } from '../base/ids.ts';
import { withRegularFile } from './regular-file.ts';

/** Hashes of what stands on the disk. Both throw the system's error where the file cannot be opened. */
export interface FileHashes {
  /** Of a file's bytes, read now. Null where it is not a regular file. */
  readonly file: (path: string) => Sha256 | null;
  /** As `file`, but a program that did not change since (device, inode, size, ctime) is not read again. */
  readonly program: (path: string) => Sha256 | null;
}

/** One memory of hashes. Nothing is kept on disk: who could write there could say what a program is. */
export function openFileHashes(clock: Clock): FileHashes {
  const known = new Map<string, Sha256>();

  function hash(path: string, useKnown: boolean): Sha256 | null {
    return withRegularFile(path, (descriptor, stats) => {
      const key = [stats.dev, stats.ino, stats.size, stats.ctimeNs].join(':');
      const before = useKnown ? known.get(key) : undefined;
      const digest = before ?? hashDescriptor(descriptor);
      if (useKnown && isSettled(stats, clock)) {
        known.set(key, digest);
      }
      return digest;
    });
  }

  return { file: (path) => hash(path, false), program: (path) => hash(path, true) };
}

/** A file changed within the last seconds could change again without a new ctime: clocks of file systems are coarse. */
function isSettled(stats: BigIntStats, clock: Clock): boolean {
  return clock.now().wallMs - Number(stats.ctimeMs) > 3000;
}

function hashDescriptor(descriptor: number): Sha256 {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(262_144);
  let length = readSync(descriptor, chunk);
  while (length > 0) {
    hash.update(chunk.subarray(0, length));
    length = readSync(descriptor, chunk);
  }
  const digest = hash.digest('hex');
  if (!isSha256(digest)) {
    throw new InternalError({ code: 'digest_form', message: `\`${digest}\` is not a SHA-256` });
  }
  return digest;
}
