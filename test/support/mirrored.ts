import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { parseCheckpoint } from '../../src/journal/checkpoint.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import { treeRoot } from '../../src/journal/merkle.ts';
import { splitNote } from '../../src/journal/note.ts';
import {
  bundlePath,
  checkpointPath,
  decodeBundle,
  tilePath,
  tileWidth,
} from '../../src/journal/tiles.ts';

/**
 * What a mirror has below its checkpoint, every file of it: each is there on the disk, served as it is,
 * leads to the root, and no other file is there.
 */
export async function mirroredEntries({
  dir,
  url,
  origin,
}: {
  readonly dir: string;
  readonly url: string;
  readonly origin: string;
}): Promise<{ readonly note: string; readonly entries: readonly Buffer[] }> {
  const folder = join(dir, 'logs', sha256(origin));
  const seen = new Set<string>();
  const read = async (path: string): Promise<Buffer> => {
    seen.add(path);
    const answer = await fetch(`${url}/${sha256(origin)}/${path}`);
    expect(answer.status).toBe(200);
    const served = Buffer.from(await answer.arrayBuffer());
    expect(served.equals(readFileSync(join(folder, path)))).toBe(true);
    return served;
  };
  const note = (await read(checkpointPath)).toString();
  const { size, root } = parseCheckpoint(splitNote(note).body);
  const entries: Buffer[] = [];
  for (const { index, width } of row(size)) {
    entries.push(...decodeBundle(await read(bundlePath(index, width)), width));
  }
  expect(treeRoot(entries.map(leafHash)).equals(root)).toBe(true);
  let hashes = entries.map(leafHash);
  for (let level = 0; hashes.length > 0; level += 1) {
    const full: Buffer[] = [];
    for (const { index, width } of row(hashes.length)) {
      const own = hashes.slice(index * tileWidth, index * tileWidth + width);
      expect((await read(tilePath(level, index, width))).equals(Buffer.concat(own))).toBe(true);
      full.push(...(width === tileWidth ? [treeRoot(own)] : []));
    }
    hashes = full;
  }
  expect(filesIn(folder).filter((path) => !seen.has(path))).toEqual([]);
  return { note, entries };
}

/** Every tile of a row. */
function row(count: number): readonly { readonly index: number; readonly width: number }[] {
  return Array.from({ length: Math.ceil(count / tileWidth) }, (_, index) => ({
    index,
    width: Math.min(tileWidth, count - index * tileWidth),
  }));
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
