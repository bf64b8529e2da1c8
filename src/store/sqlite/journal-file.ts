import { type Stats, statSync } from 'node:fs';
import { JournalError } from '../../base/errors.ts';

/** The database file as it was when this process opened it. */
export interface JournalFile {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly owner: number;
}

export function describeFile(path: string): JournalFile {
  const { dev, ino, uid } = statSync(path);
  return { path, device: dev, inode: ino, owner: uid };
}

/**
 * Called inside each writing transaction. Another user's commit would sign with a key that is not theirs
 * (`not_owner`); a commit into a file that was unlinked or replaced would be durable nowhere
 * (`journal_replaced`).
 */
export function assertWritable(file: JournalFile): void {
  const user = process.geteuid?.() ?? file.owner;
  if (user !== file.owner) {
    throw new JournalError({
      code: 'not_owner',
      message: `\`${file.path}\` belongs to uid ${file.owner}, but this process is uid ${user}`,
      hint: 'run as the owner, or set RUNBOOK_STATE_DIR to your own folder',
    });
  }
  const now = statIfExists(file.path);
  if (now?.ino !== file.inode || now.dev !== file.device) {
    throw new JournalError({
      code: 'journal_replaced',
      message: `\`${file.path}\` was ${now === undefined ? 'removed' : 'replaced'} while it was open`,
      hint: 'put the journal back; what was committed into the old file is lost with it',
    });
  }
}

function statIfExists(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
