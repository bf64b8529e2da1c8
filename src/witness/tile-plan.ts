import { bundlePath, decodeBundle, encodeBundle, tilePath, tileWidth } from '../journal/tiles.ts';

/** A tile of hashes, and how many it has in some tree. */
export interface TilePlace {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

const hashBytes = 32;

/** The tiles above those of the entries that a tree of `to` has and one of `from` had not, lower ones first. */
export function upperTiles(from: number, to: number): readonly TilePlace[] {
  const tiles: TilePlace[] = [];
  for (let level = 1; rowLength(level, to) > 0; level += 1) {
    const [before, count] = [rowLength(level, from), rowLength(level, to)];
    for (let first = before - (before % tileWidth); first < count; first += tileWidth) {
      tiles.push({
        level,
        index: first / tileWidth,
        width: Math.min(tileWidth, count - first),
      });
    }
  }
  return tiles;
}

/** The files of a tree that are not full: one of hashes a level at most, and one of entries. */
export function edgePaths(size: number): readonly string[] {
  const paths: string[] = [];
  for (let level = 0; rowLength(level, size) > 0; level += 1) {
    const count = rowLength(level, size);
    const width = count % tileWidth;
    const index = Math.floor(count / tileWidth);
    if (width > 0) {
      paths.push(tilePath(level, index, width));
      paths.push(...(level === 0 ? [bundlePath(index, width)] : []));
    }
  }
  return paths;
}

/** How many hashes tiles of a level have in all. */
export function rowLength(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

export function splitHashes(tile: Buffer): readonly Buffer[] {
  return Array.from({ length: tile.length / hashBytes }, (_, at) =>
    tile.subarray(at * hashBytes, (at + 1) * hashBytes),
  );
}

/** What a tile had when it was only so wide. */
export function cutTile(tile: Buffer, width: number): Buffer {
  return tile.subarray(0, width * hashBytes);
}

/** What a bundle of `has` entries had when it was only so wide. */
export function cutBundle(bundle: Buffer, has: number, width: number): Buffer {
  return encodeBundle(decodeBundle(bundle, has).slice(0, width));
}
