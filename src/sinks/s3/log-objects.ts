import {
  bundlePath,
  encodeBundle,
  tileAt,
  tileHeight,
  tilePath,
  tileWidth,
} from '../../journal/tiles.ts';
import type { LogView } from '../sink.ts';

/** A file of the log's static layout. Its bytes never change: what grows has another name. */
export interface LogObject {
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Every file of the layout that a tree of `to` entries has and one of `from` had not: bundles first, then
 * tiles, one at a time. A bundle that lacks a pruned entry is left out; the hashes of its entries are not.
 */
export async function* logObjects(
  log: LogView,
  from: number,
  to: number,
): AsyncGenerator<LogObject> {
  for (const { index, width } of newPlaces(from, to)) {
    const first = index * tileWidth;
    const entries = await log.entries(first, first + width);
    if (entries.length === width) {
      const bytes = encodeBundle(entries.map((entry) => entry.bytes));
      yield { path: bundlePath(index, width), bytes };
    }
  }
  for (let level = 0; rowLength(level, to) > 0; level += 1) {
    for (const { index, width } of newPlaces(rowLength(level, from), rowLength(level, to))) {
      const first = index * tileWidth;
      const hashes = await log.nodes(level * tileHeight, first, first + width);
      yield { path: tilePath(level, index, width), bytes: Buffer.concat(hashes) };
    }
  }
}

/** The tiles of a row that grows from so many hashes to so many. */
function newPlaces(from: number, to: number): readonly ReturnType<typeof tileAt>[] {
  const first = Math.floor(from / tileWidth);
  const end = from === to ? first : Math.ceil(to / tileWidth);
  return Array.from({ length: end - first }, (_, at) => tileAt(to, (first + at) * tileWidth));
}

/** How many hashes the tiles of a level have in all. */
function rowLength(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}
