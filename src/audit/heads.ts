import { RunbookError } from '../base/errors.ts';
import { openNote } from '../journal/checkpoint.ts';
import { type KeyHistory, keyAt } from '../journal/key-history.ts';
import type { Report } from './finding.ts';

/** A stored head: the size its commit ended at, and its signed note. */
export interface SignedHead {
  readonly size: number;
  readonly note: string;
}

/**
 * The note is the log's, under the one key that signs at this size, and speaks of exactly the entries that
 * are there. Answers whether.
 */
export function checkHead(
  head: SignedHead,
  of: { readonly keys: KeyHistory; readonly rootAt: (size: number) => string | null },
  report: Report,
): boolean {
  const complain = (message: string): false => {
    report({ verdict: 'integrity', code: 'E_STH_SIG', index: head.size - 1, message });
    return false;
  };
  try {
    const { checkpoint } = openNote(head.note, [keyAt(of.keys, head.size)]);
    if (checkpoint.size !== head.size) {
      return complain(`the head stored for ${head.size} entries signs ${checkpoint.size}`);
    }
    return (
      checkpoint.root.toString('base64') === of.rootAt(checkpoint.size) ||
      complain(`the entries are not the ones that the head of ${head.size} signs`)
    );
  } catch (error) {
    return complain(error instanceof RunbookError ? error.message : 'the head cannot be read');
  }
}
