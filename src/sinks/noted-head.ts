import { RunbookError } from '../base/errors.ts';
import { parseCheckpoint } from '../journal/checkpoint.ts';
import { splitNote } from '../journal/note.ts';
import type { SinkHead } from './sink.ts';

/** A head with the note that it was read from. */
export interface NotedHead extends SinkHead {
  readonly note: string;
}

/**
 * Null for what is no note in this log's name. Whose signature it carries is not asked: a head that is not
 * ours raises the alarm either way, because nobody else may write where it was found.
 */
export function parseNote(bytes: Buffer | string, origin: string): NotedHead | null {
  try {
    const note = bytes.toString('utf8');
    const head = parseCheckpoint(splitNote(note).body);
    return head.origin === origin ? { size: head.size, root: head.root, note } : null;
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}
