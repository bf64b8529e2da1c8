import { RunbookError } from '../base/errors.ts';
import { openNote } from '../journal/checkpoint.ts';
import type { Trust } from './exhibit.ts';
import type { Report } from './finding.ts';

/** A stored head: the size its commit ended at, and its signed note. */
export interface SignedHead {
  readonly size: number;
  readonly note: string;
}

/** The note is the log's, and speaks of exactly the entries that are there. */
export function checkHead(
  head: SignedHead,
  of: { readonly trust: Trust; readonly rootAt: (size: number) => string | null },
  report: Report,
): void {
  const complain = (message: string): void => {
    report({ verdict: 'integrity', code: 'E_STH_SIG', index: head.size - 1, message });
  };
  const { origin, publicKey } = of.trust;
  try {
    const { checkpoint } = openNote(head.note, [{ name: origin, publicKey }]);
    if (checkpoint.size !== head.size) {
      complain(`the head stored for ${head.size} entries signs ${checkpoint.size}`);
    } else if (checkpoint.root.toString('base64') !== of.rootAt(checkpoint.size)) {
      complain(`the entries are not the ones that the head of ${head.size} signs`);
    }
  } catch (error) {
    complain(error instanceof RunbookError ? error.message : 'the head cannot be read');
  }
}
