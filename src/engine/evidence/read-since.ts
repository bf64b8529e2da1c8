import { IntegrityError, UsageError } from '../../base/errors.ts';
import { openNote } from '../../journal/checkpoint.ts';
import { keyAt } from '../../journal/key-history.ts';
import type { Head } from '../../store/store.ts';
import type { Engine } from '../engine.ts';

/**
 * The size of the head that an auditor kept. Throws IntegrityError where it is no head of this log, or the
 * log does not go on from it; UsageError `since_too_new` where the bundle's head is older.
 */
export async function readSince({ store }: Engine, note: string, head: Head): Promise<number> {
  const size = Number(note.split('\n')[1]);
  const key = keyAt(await store.keys(), size);
  const { checkpoint } = openNote(note, [key]);
  if (checkpoint.size > head.size) {
    throw new UsageError({
      code: 'since_too_new',
      message: `the checkpoint given is of ${checkpoint.size} entries, and the bundle would end at ${head.size}`,
      hint: 'export with a later end',
    });
  }
  const own = await store.headAt(checkpoint.size);
  if (own === null || !own.root.equals(checkpoint.root)) {
    throw new IntegrityError({
      code: 'E_FORK',
      message: `this journal does not go on from the checkpoint of ${checkpoint.size} entries that was given`,
      hint: 'keep the checkpoint, and run `runbook audit verify`',
    });
  }
  return checkpoint.size;
}
