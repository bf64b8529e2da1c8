import { IntegrityError, UsageError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { StoredBlob, Swept } from '../store.ts';
import { getBlob } from './blobs.ts';
import type { Connection } from './connection.ts';
import { sweepErased } from './erase.ts';
import type { Journal } from './journal.ts';
import { sweepPruned } from './prune.ts';
import { selectErased } from './pruned.ts';

/** As `Store.sweep` promises. */
export function sweep(journal: Journal, blobs: string): Swept {
  const { db } = journal;
  // SQLite would only mark pages as free, and the log ahead of it would keep them until it is begun anew.
  db.pragma('secure_delete = on');
  const erased = sweepErased(journal, blobs);
  const entries = sweepPruned(journal, blobs);
  if (erased.openings + entries > 0) {
    db.pragma('wal_checkpoint(truncate)');
  }
  return { ...erased, entries };
}

/** As `getBlob`; UsageError `blob_erased` where it is not there and an entry says that it was erased. */
export function getUnerased(db: Connection, blobs: string, id: BlobId): StoredBlob {
  try {
    return getBlob(blobs, id);
  } catch (error) {
    const by = selectErased(db, id);
    if (by === null || !isCode(error, 'blob_missing')) {
      throw error;
    }
    throw new UsageError({
      code: 'blob_erased',
      message: `blob \`${id.slice(0, 12)}…\` was erased, as entry ${by} says`,
      hint: `\`runbook audit show ${by}\` says by whom, and why`,
    });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof IntegrityError && error.code === code;
}
