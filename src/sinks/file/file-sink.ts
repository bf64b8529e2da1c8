import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import { RunbookError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import { object } from '../../base/yaml-collections.ts';
import { oneOf, text } from '../../base/yaml-scalars.ts';
import { checkDocument, invalid, refine } from '../../base/yaml-schema.ts';
import { leafHash } from '../../journal/leaf.ts';
import type { SinkReader } from '../open-sinks.ts';
import { type Delivery, type SinkAnswer, saysHead } from '../sink.ts';
import {
  firstLine,
  line,
  makeDurable,
  openToAppend,
  openToRead,
  readEnd,
  unusable,
} from './journal-file.ts';

/** Entries that are read from the journal, and written, at a time. */
const pageSize = 256;

const batch = 1024;

/**
 * The log as lines of JSON, for whatever reads files. First a line that says whose journal it is and from
 * where on, then the entries, one a line, and behind each delivery a line with the signed head over it.
 * Whoever can write to the journal can write to a file beside it: it is no evidence.
 */
export const fileSink: SinkReader = ({ name, section }) => {
  const { path } = checkDocument(sectionSchema(), section);
  return () => ({
    name,
    kind: 'file',
    counts: false,
    wants: 'head',
    batch,
    address: `file ${path}`,
    head: async ({ origin }) => {
      const file = await openToRead(path);
      return file === null
        ? saysHead(null)
        : withFile(file, path, async () => saysHead((await readEnd(file, path, origin)).head));
    },
    deliver: async (delivery, signal) => {
      const file = await openToAppend(path);
      return withFile(file, path, () => append(file, path, { ...delivery, signal }));
    },
  });
};

async function append(
  file: FileHandle,
  path: string,
  { from, head, log, signal }: Delivery & { readonly signal: AbortSignal },
): Promise<SinkAnswer> {
  const end = await readEnd(file, path, log.origin);
  if (end.head?.size === head.size && end.head.root.equals(head.root)) {
    return { size: head.size, root: head.root, anchor: null };
  }
  if (end.head !== null && end.head.size !== from) {
    return { elsewhere: end.head };
  }
  // What a crash left behind the last checkpoint was acknowledged to nobody, and comes again.
  await file.truncate(end.bytes);
  if (end.head === null) {
    await file.appendFile(firstLine(log.origin, from));
  }
  for (let at = from; at < head.size; at += pageSize) {
    signal.throwIfAborted();
    const entries = await log.entries(at, Math.min(at + pageSize, head.size));
    const lines = entries.map(({ seq, bytes }) =>
      line({ index: seq, hash: leafHash(bytes).toString('hex'), leaf: bytes.toString('utf8') }),
    );
    await file.appendFile(lines.join(''));
  }
  await file.appendFile(line({ checkpoint: head.note }));
  await makeDurable(file, path);
  return { size: head.size, root: head.root, anchor: null };
}

/** Closed in any case; what the disk says is told with the file's name. */
async function withFile<Result>(
  file: FileHandle,
  path: string,
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw error instanceof RunbookError ? error : unusable(path, error);
  } finally {
    await file.close();
  }
}

const sectionSchema = lazy(() =>
  object({
    kind: oneOf('file'),
    path: refine(text({ example: '/var/log/runbook/journal.jsonl' }), (path, node, place) => {
      if (isAbsolute(path) && normalize(path) === path && !path.endsWith('/')) {
        return path;
      }
      place.report(node.at, `\`${place.name}\` is an absolute path without \`..\``);
      return invalid;
    }),
  }),
);
