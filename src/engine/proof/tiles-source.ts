import type { StoredLeaf } from '../../audit/exhibit.ts';
import { IntegrityError, JournalError } from '../../base/errors.ts';
import type { Sha256 } from '../../base/ids.ts';
import type { Anchor } from '../../journal/anchor.ts';
import { parseCheckpoint } from '../../journal/checkpoint.ts';
import { formatSignature, splitNote } from '../../journal/note.ts';
import {
  bundlePath,
  checkpointPath,
  decodeBundle,
  tileAt,
  tilePath,
  tileWidth,
} from '../../journal/tiles.ts';
import type { VerifierKey } from '../../journal/verifier-key.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { LogSource, SourceHead } from './log-source.ts';

/** The files of a log's static layout; null for one that is not there. */
export interface TileFiles {
  readonly place: string;
  read(path: string): Promise<Buffer | null>;
}

const hashBytes = 32;

/**
 * A copy in the static layout (C2SP tlog-tiles): its checkpoint is read once, so that a copy that grows
 * meanwhile is judged as it was. Of `keys` one must be the log's; where none is given, the key is the one
 * that the copy's own genesis names. Throws JournalError `copy_unreadable`, IntegrityError `E_STH_FORM`.
 */
export async function tilesSource(
  files: TileFiles,
  keys: readonly VerifierKey[],
): Promise<LogSource> {
  const head = await readHead(files);
  const { origin } = head;
  const readBundle = keepingLast((index: number) => readEntries(files, head.size, index));
  const known = keys.find(({ name }) => name === origin) ?? keys[0];
  const key = known ?? firstKey(await readBundle(0), origin);
  return {
    origin,
    key,
    keyFrom: known === undefined ? 'log' : 'reader',
    place: files.place,
    hasBlobs: false,
    head: async () => head,
    headAt: async (size) => (size === head.size ? head : null),
    entries: async (from, to) => {
      const found: StoredLeaf[] = [];
      for (let at = from - (from % tileWidth); at < Math.min(to, head.size); at += tileWidth) {
        found.push(...(await readBundle(at / tileWidth)));
      }
      return found.filter(({ seq }) => seq >= from && seq < to);
    },
    pruned: async (from, to) => {
      const found = [];
      for (let at = from - (from % tileWidth); at < Math.min(to, head.size); at += tileWidth) {
        const there = new Set((await readBundle(at / tileWidth)).map(({ seq }) => seq));
        const hashes = await readHashes(files, head.size, at / tileWidth);
        found.push(...hashes.filter(({ seq }) => !there.has(seq)));
      }
      return found.filter(({ seq }) => seq >= from && seq < to);
    },
    anchors: async () => cosignedBy(files.place, head),
    blob: async () => ({ state: 'missing' }),
    close: async () => undefined,
  };
}

async function readHead(files: TileFiles): Promise<SourceHead & { readonly origin: string }> {
  const bytes = await files.read(checkpointPath);
  if (bytes === null) {
    throw new JournalError({
      code: 'copy_unreadable',
      message: `\`${files.place}\` holds no \`${checkpointPath}\``,
      hint: 'name the folder or address in which `checkpoint` and `tile` lie',
    });
  }
  const note = bytes.toString('utf8');
  const { origin, size } = parseCheckpoint(splitNote(note).body);
  return { origin, size, note };
}

/** The entries of one bundle. One that is not there has none; a damaged one neither, which shows as a gap. */
async function readEntries(
  files: TileFiles,
  size: number,
  index: number,
): Promise<readonly StoredLeaf[]> {
  const { width } = tileAt(size, index * tileWidth);
  const partial = width === tileWidth ? null : await files.read(bundlePath(index, width));
  // Where the log went on, whoever serves it may have only the whole bundle left.
  const whole = partial === null ? await files.read(bundlePath(index)) : null;
  const bytes = partial ?? whole;
  if (bytes === null) {
    return [];
  }
  return decodeBundle(bytes, partial === null ? tileWidth : width)
    .map((entry, at) => ({ seq: index * tileWidth + at, bytes: entry }))
    .slice(0, width)
    .filter((entry) => entry.bytes.length > 0);
}

async function readHashes(
  files: TileFiles,
  size: number,
  index: number,
): Promise<readonly { readonly seq: number; readonly hash: Sha256; readonly time: string }[]> {
  const { width } = tileAt(size, index * tileWidth);
  const partial = width === tileWidth ? null : await files.read(tilePath(0, index, width));
  const bytes = partial ?? (await files.read(tilePath(0, index))) ?? Buffer.alloc(0);
  return Array.from({ length: Math.min(width, Math.floor(bytes.length / hashBytes)) }, (_, at) => ({
    seq: index * tileWidth + at,
    hash: bytes.subarray(at * hashBytes, (at + 1) * hashBytes).toString('hex') as Sha256,
    time: '',
  }));
}

/** What witnesses said of the head stands under the head itself. */
function cosignedBy(by: string, { note, origin, size }: SourceHead & { origin: string }): Anchor[] {
  const { body, signatures } = splitNote(note);
  const evidence = signatures.filter(({ name }) => name !== origin).map(formatSignature);
  const root = parseCheckpoint(body).root.toString('base64');
  const anchor = {
    by,
    kind: 'cosignature',
    size,
    root,
    evidence: evidence.join(''),
    at: '',
  } as const;
  return evidence.length === 0 ? [] : [anchor];
}

/** The key of which the copy's own genesis says that it is the log's. */
function firstKey([first]: readonly StoredLeaf[], origin: string): VerifierKey {
  const event = first === undefined ? undefined : recordedOf(first).event;
  if (event?.type !== 'log.genesis') {
    throw new IntegrityError({
      code: 'E_LEAF',
      message: 'entry 0 of the copy is not genesis, so it names no key',
      hint: 'give the key of the log with `--key`',
    });
  }
  return { name: origin, publicKey: Buffer.from(event.data.key.public, 'base64') };
}

/** Readers go forward: the bundle that was read last is asked for again. */
function keepingLast<Value>(
  read: (index: number) => Promise<Value>,
): (index: number) => Promise<Value> {
  let last: { readonly index: number; readonly value: Promise<Value> } | null = null;
  return (index) => {
    if (last?.index !== index) {
      last = { index, value: read(index) };
    }
    return last.value;
  };
}
