import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { writeFileDurably } from '../../base/files.ts';

/** Room for the closing entries of what is running when the disk fills up: about 30 commits of 37 KiB. */
const reserveBytes = 1024 * 1024;

/**
 * Makes the reserve file where it is missing; throws what the file system throws. Random bytes, because
 * a file system that compresses would keep no room for zeros.
 */
export function makeReserve(file: string): void {
  if (!existsSync(file)) {
    writeFileDurably(file, randomBytes(reserveBytes), 0o600);
  }
}

/** Gives the room back to the disk. False where there was none to give. */
export function giveReserve(file: string): boolean {
  const there = existsSync(file);
  rmSync(file, { force: true });
  return there;
}
