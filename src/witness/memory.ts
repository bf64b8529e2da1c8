import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { readIfExists, writeFileDurably } from '../base/files.ts';
import { parseCheckpoint } from '../journal/checkpoint.ts';
import { splitNote } from '../journal/note.ts';
import { makeFolder } from './folder.ts';
import type { KnownHead } from './judge-checkpoint.ts';

/** The newest head of each log, in a file of its own: a note, as the log signed it. */
export interface Memory {
  /** Null of a log of which nothing was seen. Throws IntegrityError where the file is damaged. */
  newest(origin: string): KnownHead | null;
  /** Durable before it returns; a crash leaves the old head or this one. */
  remember(head: KnownHead): void;
}

/** Keeps heads under `dir`/heads. Whoever deletes such a file has a witness that has seen nothing. */
export function openMemory(dir: string): Memory {
  const heads = join(dir, 'heads');
  makeFolder(heads);
  const fileOf = (origin: string): string => join(heads, sha256(origin));
  return {
    newest(origin) {
      const note = readIfExists(fileOf(origin))?.toString('utf8');
      return note === undefined
        ? null
        : { checkpoint: parseCheckpoint(splitNote(note).body), note };
    },
    remember({ checkpoint, note }) {
      writeFileDurably(fileOf(checkpoint.origin), note, 0o600);
    },
  };
}
