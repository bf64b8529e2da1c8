import { createHash, createHmac, hash } from 'node:crypto';
import type { Sha256 } from './ids.ts';
import { words } from './words.ts';

/** SHA-256 in hex. Text is hashed as UTF-8. */
export function sha256(bytes: Buffer | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/** SHA-256 of the parts one after the other, 32 raw bytes. */
export function sha256Bytes(...parts: readonly Buffer[]): Buffer {
  let size = 0;
  for (const part of parts) {
    if (size + part.length > joined.length) {
      return inPieces(parts);
    }
    joined.set(part, size);
    size += part.length;
  }
  return hash('sha256', joined.subarray(0, size), 'buffer');
}

/** Where parts are put together; what is longer is not copied to be hashed. One call costs half of three. */
const joined = Buffer.alloc(100_000);

function inPieces(parts: readonly Buffer[]): Buffer {
  const pieces = createHash('sha256');
  for (const part of parts) {
    pieces.update(part);
  }
  return pieces.digest();
}

/**
 * Stands for a private value without telling it: HMAC-SHA-256(salt, path ‖ 0x00 ‖ value). The path (it
 * holds no NUL) keeps one value's commitment from standing for another's; without the salt, which can be
 * erased, even a short value cannot be guessed.
 */
export function commitment(salt: Buffer, path: string, value: string): Sha256 {
  return createHmac('sha256', salt).update(`${path}\0${value}`).digest('hex') as Sha256;
}

/**
 * A digest as people compare it: a word for each of the first four bytes, then the next four in hex, as
 * in `amber-canoe-tiger-violin-1f3a9c04`. 64 bits: enough to tell requests apart, never what is signed.
 */
export function digestWords(digest: Sha256): string {
  const spoken = [...Buffer.from(digest.slice(0, 8), 'hex')].map((byte) => words[byte]);
  return [...spoken, digest.slice(8, 16)].join('-');
}
