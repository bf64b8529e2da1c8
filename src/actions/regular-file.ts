import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';

/**
 * Calls `read` with the open file, or answers null where it is not a regular one. Opened without
 * blocking and judged by its descriptor, so that a FIFO put there meanwhile cannot hang us. Throws the
 * system's error where it cannot be opened.
 */
export function withRegularFile<T>(
  path: string,
  read: (descriptor: number, stats: BigIntStats) => T,
): T | null {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    return stats.isFile() ? read(descriptor, stats) : null;
  } finally {
    closeSync(descriptor);
  }
}
