import type { Clock } from '../../base/clock.ts';
import type { KeyRing } from '../../journal/signer.ts';
import type { Connection } from './connection.ts';
import { explained } from './faults.ts';
import { assertWritable, type JournalFile } from './journal-file.ts';
import type { KnownKeys } from './keys.ts';
import type { Times } from './latest-times.ts';

/** An open journal: what the functions of this folder share. */
export interface Journal {
  readonly db: Connection;
  readonly file: JournalFile;
  /** The reserve file's path. */
  readonly reserve: string;
  readonly clock: Clock;
  readonly origin: string;
  /** Asked for a key when one is first needed: whoever only reads needs no access to it. */
  readonly keys: KeyRing;
  readonly known: KnownKeys;
  /** The note of the last head that this process signed, whether its commit came about or not. */
  readonly signed: { note: string | null };
  /** What this process has read of when entries were made. */
  readonly times: Times;
}

/** One writing transaction, all or nothing, into the very file that was opened, by its owner. */
export function write<Result>({ db, file }: Journal, work: () => Result): Result {
  return explained(file.path, () =>
    db.immediate(() => {
      assertWritable(file);
      return work();
    }),
  );
}
