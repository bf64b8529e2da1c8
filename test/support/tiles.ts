import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { leafHash } from '../../src/journal/leaf.ts';
import {
  bundlePath,
  checkpointPath,
  encodeBundle,
  tileAt,
  tilePath,
  tileWidth,
} from '../../src/journal/tiles.ts';
import type { Store } from '../../src/store/store.ts';

/** Writes a journal as files in the static layout, as a mirror would: entries, their hashes, the newest head. */
export async function writeTiles(store: Store, folder: string): Promise<void> {
  const { size, note } = await store.head();
  for (let from = 0; from < size; from += tileWidth) {
    const { index, width } = tileAt(size, from);
    const entries = (await store.entries(from, from + width)).map(({ bytes }) => bytes);
    write(join(folder, bundlePath(index, width)), encodeBundle(entries));
    write(join(folder, tilePath(0, index, width)), Buffer.concat(entries.map(leafHash)));
  }
  write(join(folder, checkpointPath), note);
}

function write(file: string, content: Buffer | string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
