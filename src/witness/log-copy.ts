import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InternalError } from '../base/errors.ts';
import { readIfExists, writeFileDurably } from '../base/files.ts';
import { parseCheckpoint } from '../journal/checkpoint.ts';
import { peakCoordinates, rootOfPeaks, treeRoot } from '../journal/merkle.ts';
import { splitNote } from '../journal/note.ts';
import {
  bundlePath,
  checkpointPath,
  decodeBundle,
  encodeBundle,
  tileHeight,
  tilePath,
  tileWidth,
} from '../journal/tiles.ts';
import { makeFolder } from './folder.ts';
import { cutBundle, cutTile, edgePaths, rowLength, splitHashes, upperTiles } from './tile-plan.ts';

/**
 * The entries of one log as files in tlog-tiles layout, in a folder of their own. A file is written whole,
 * durably, and only with what is proven to be the log's: what is there is right, and may be ahead of the
 * checkpoint. It is never changed; a wider one takes the place of one that was not full, and that is
 * removed only once no checkpoint needs it.
 */
export class LogCopy {
  readonly #dir: string;
  #size: number;
  #next: number;

  constructor(dir: string) {
    this.#dir = dir;
    const note = readIfExists(join(dir, checkpointPath))?.toString('utf8');
    this.#size = note === undefined ? 0 : parseCheckpoint(splitNote(note).body).size;
    this.#next = this.#findNext();
  }

  /** Entries below the checkpoint that is served. */
  get size(): number {
    return this.#size;
  }

  /** The first entry that is not here. */
  get next(): number {
    return this.#next;
  }

  /** The first `count` entries of the bundle that begins at `first`; they are here. */
  bundle(first: number, count: number): readonly Buffer[] {
    if (count === 0) {
      return [];
    }
    const width = this.#widthOf(first);
    return decodeBundle(this.#read(bundlePath(first / tileWidth, width)), width).slice(0, count);
  }

  /** Keeps a bundle's entries from its first one on, and their hashes; nothing where they are here already. */
  keep(first: number, entries: readonly Buffer[], hashes: readonly Buffer[]): void {
    const end = first + entries.length;
    if (end > this.#next) {
      this.#write(bundlePath(first / tileWidth, entries.length), encodeBundle(entries));
      // The hashes come last: where they are, the entries are.
      this.#write(tilePath(0, first / tileWidth, entries.length), Buffer.concat(hashes));
      this.#next = end;
    }
  }

  /** Writes what a tree of this size needs beside its entries, which are here, and answers its root. */
  finish(size: number): Buffer {
    if (size > this.#next || size < this.#size) {
      throw new InternalError({
        code: 'mirror_size',
        message: `a mirror of ${this.#size} to ${this.#next} entries cannot become one of ${size}`,
      });
    }
    this.#cutEdge(size);
    for (const { level, index, width } of upperTiles(this.#size, size)) {
      this.#writeMissing(tilePath(level, index, width), () =>
        Buffer.concat(
          Array.from({ length: width }, (_, at) =>
            treeRoot(splitHashes(this.#read(tilePath(level - 1, index * tileWidth + at)))),
          ),
        ),
      );
    }
    return rootOfPeaks(
      peakCoordinates(size).map(({ level, index }) => this.#node(level, index, size)),
    );
  }

  /** The checkpoint that is served from now on. Files that only the last one needed are removed after it. */
  publish(size: number, note: string): void {
    const needed = new Set(edgePaths(size));
    const past = edgePaths(this.#size).filter((path) => !needed.has(path));
    this.#write(checkpointPath, note);
    this.#size = size;
    for (const path of past) {
      rmSync(join(this.#dir, path), { force: true });
    }
  }

  /** Where more came than this head has, the files that are not full are cut from wider ones. */
  #cutEdge(size: number): void {
    const width = size % tileWidth;
    const first = size - width;
    if (width > 0) {
      const index = first / tileWidth;
      const has = this.#widthOf(first);
      this.#writeMissing(bundlePath(index, width), () =>
        cutBundle(this.#read(bundlePath(index, has)), has, width),
      );
      this.#writeMissing(tilePath(0, index, width), () =>
        cutTile(this.#read(tilePath(0, index, has)), width),
      );
    }
  }

  /** The root of a complete subtree: rows between those that tiles keep are hashed together. */
  #node(level: number, index: number, size: number): Buffer {
    const tileLevel = Math.floor(level / tileHeight);
    const count = 2 ** (level % tileHeight);
    const from = index * count;
    const tile = Math.floor(from / tileWidth);
    const width = Math.min(tileWidth, rowLength(tileLevel, size) - tile * tileWidth);
    const hashes = splitHashes(this.#read(tilePath(tileLevel, tile, width)));
    return treeRoot(hashes.slice(from % tileWidth, (from % tileWidth) + count));
  }

  /** How many entries of a bundle are here, and so its newest file's name. */
  #widthOf(first: number): number {
    return Math.min(tileWidth, Math.max(0, this.#next - first));
  }

  /** A crash may have left entries behind the checkpoint: they were proven before they were written. */
  #findNext(): number {
    let index = Math.floor(this.#size / tileWidth);
    while (existsSync(join(this.#dir, tilePath(0, index)))) {
      index += 1;
    }
    const partial = dirname(join(this.#dir, tilePath(0, index, 1)));
    const widths = existsSync(partial) ? readdirSync(partial).map(Number) : [];
    const whole = widths.filter((width) => Number.isSafeInteger(width));
    return index * tileWidth + Math.max(0, ...whole);
  }

  #read(path: string): Buffer {
    return readFileSync(join(this.#dir, path));
  }

  #writeMissing(path: string, make: () => Buffer): void {
    if (!existsSync(join(this.#dir, path))) {
      this.#write(path, make());
    }
  }

  #write(path: string, bytes: Buffer | string): void {
    const file = join(this.#dir, path);
    makeFolder(dirname(file));
    writeFileDurably(file, bytes, 0o600);
  }
}
