import {
  peakCoordinates,
  type Range,
  rootOfPeaks,
  subtreeRanges,
  subtreesOf,
} from '../journal/merkle.ts';
import type { LogView } from './sink.ts';

/** RFC 6962 root of the first `size` entries; there are so many. */
export async function rootAt(log: LogView, size: number): Promise<Buffer> {
  return rootOf(log, peakCoordinates(size));
}

/** The hashes that prove to whoever holds the head at `size` that these entries are in it. */
export async function proveSubtree(
  log: LogView,
  subtree: Range,
  size: number,
): Promise<readonly Buffer[]> {
  const hashes: Buffer[] = [];
  for (const range of subtreeRanges(subtree, size)) {
    hashes.push(await rootOf(log, subtreesOf(range)));
  }
  return hashes;
}

async function rootOf(log: LogView, places: ReturnType<typeof peakCoordinates>): Promise<Buffer> {
  const roots: Buffer[] = [];
  for (const { level, index } of places) {
    roots.push(...(await log.nodes(level, index, index + 1)));
  }
  return rootOfPeaks(roots);
}
