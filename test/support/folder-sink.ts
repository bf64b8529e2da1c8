import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readIfExists, writeFileDurably } from '../../src/base/files.ts';
import { encodeBundle } from '../../src/journal/tiles.ts';
import type { Delivery, SinkHead } from '../../src/sinks/sink.ts';

/** How far a folder has a log: its head, and how long the file of entries was then. */
interface Kept {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly bytes: number;
}

/** The least that is a copy elsewhere: entries in one file, and behind them, atomically, what of it counts. */
export function folderHead(folder: string): SinkHead | null {
  const kept = load(folder);
  return kept === null ? null : { size: kept.size, root: Buffer.from(kept.root, 'base64') };
}

/** Durable when it returns. Killed anywhere, the next delivery goes on from the head that stands. */
export async function deliverToFolder(folder: string, { head, log }: Delivery): Promise<void> {
  const before = load(folder);
  const file = join(folder, 'entries');
  const descriptor = openSync(file, 'a', 0o600);
  try {
    // What a killed delivery left behind was acknowledged to nobody.
    truncateSync(file, before?.bytes ?? 0);
    const entries = await log.entries(before?.size ?? 0, head.size);
    const bundle = encodeBundle(entries.map(({ bytes }) => bytes));
    writeSync(descriptor, bundle);
    fsyncSync(descriptor);
    const bytes = (before?.bytes ?? 0) + bundle.length;
    const kept: Kept = { size: head.size, root: head.root.toString('base64'), bytes };
    writeFileDurably(join(folder, 'head'), JSON.stringify(kept), 0o600);
  } finally {
    closeSync(descriptor);
  }
}

/** All that the folder has, as one bundle. */
export function folderBundle(folder: string): Buffer {
  return readFileSync(join(folder, 'entries')).subarray(0, load(folder)?.bytes ?? 0);
}

function load(folder: string): Kept | null {
  const text = readIfExists(join(folder, 'head'))?.toString('utf8');
  return text === undefined ? null : (JSON.parse(text) as Kept);
}
