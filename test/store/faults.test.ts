import { expect, test } from 'vitest';
import { ConflictError, JournalError, UsageError } from '../../src/base/errors.ts';
import { explain } from '../../src/store/sqlite/faults.ts';

function fault(code: string): Error {
  return Object.assign(new Error('some words'), { code });
}

test.each([
  ['SQLITE_FULL', 'journal_full'],
  ['SQLITE_IOERR_SHMSIZE', 'journal_full'],
  ['ENOSPC', 'journal_full'],
  ['EDQUOT', 'journal_full'],
  ['SQLITE_IOERR_WRITE', 'journal_unwritable'],
  ['SQLITE_READONLY_DBMOVED', 'journal_unwritable'],
  ['SQLITE_CANTOPEN', 'journal_unwritable'],
  ['EROFS', 'journal_unwritable'],
  ['EACCES', 'journal_unwritable'],
  ['SQLITE_BUSY_SNAPSHOT', 'journal_busy'],
  ['SQLITE_CORRUPT', 'journal_damaged'],
  ['SQLITE_NOTADB', 'journal_damaged'],
])('%s means `%s`, and nothing ran', (sign, code) => {
  const error = explain('/s/journal.sqlite', fault(sign));
  expect(error).toBeInstanceOf(JournalError);
  expect(error).toMatchObject({
    code,
    exitCode: 18,
    message: `\`/s/journal.sqlite\`: some words (${sign})`,
  });
});

test('a row that is there already is a conflict: somebody else was first', () => {
  const error = explain('f', fault('SQLITE_CONSTRAINT_PRIMARYKEY'));
  expect(error).toBeInstanceOf(ConflictError);
  expect(error).toMatchObject({ code: 'already_recorded' });
});

test('our own errors and those nobody expects pass as they are', () => {
  const own = new UsageError({ code: 'run_unknown', message: 'there is no run' });
  const bug = fault('SQLITE_ERROR');
  expect([explain('f', own), explain('f', bug), explain('f', 'text')]).toEqual([own, bug, 'text']);
});
