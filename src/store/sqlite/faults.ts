import { ConflictError, JournalError, RunbookError } from '../../base/errors.ts';

/**
 * Runs `work` and says what its failure means: `journal_full`, `journal_unwritable`, `journal_busy`,
 * `journal_damaged` (JournalError), `already_recorded` (ConflictError). Our own errors pass.
 */
export function explained<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw explain(file, error);
  }
}

/** What a failed call on `file` means; errors of SQLite and of the file system alike. */
export function explain(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RunbookError) {
    return error;
  }
  const sign = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const meaning = meanings.find(({ signs }) => signs.test(sign));
  return meaning === undefined
    ? error
    : meaning.fault(`\`${file}\`: ${error.message} (${sign})`, error);
}

export function isFull(error: unknown): boolean {
  return error instanceof JournalError && error.code === 'journal_full';
}

const meanings = [
  {
    // Shared memory of the WAL is a file too: where it cannot grow, the disk is full as well.
    signs: /^(SQLITE_FULL|SQLITE_IOERR_SHM(SIZE|MAP)|ENOSPC|EDQUOT)$/,
    fault: journalError('journal_full', 'free some disk space; nothing was recorded'),
  },
  {
    signs: /^(SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR)|EROFS|EACCES|EPERM|EIO)/,
    fault: journalError(
      'journal_unwritable',
      'check the disk and the owner of the state directory',
    ),
  },
  {
    signs: /^SQLITE_(BUSY|LOCKED)/,
    fault: journalError('journal_busy', 'another process keeps the journal locked; try again'),
  },
  {
    signs: /^SQLITE_(CORRUPT|NOTADB|SCHEMA)/,
    fault: journalError(
      'journal_damaged',
      'restore the journal from a copy; do not start a new one',
    ),
  },
  {
    signs: /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/,
    fault: (message: string, cause: Error) =>
      new ConflictError({ code: 'already_recorded', message, cause }),
  },
];

function journalError(code: string, hint: string): (message: string, cause: Error) => JournalError {
  return (message, cause) => new JournalError({ code, message, hint, cause });
}
