import { rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '../../base/files.ts';
import { type BlobId, isSha256 } from '../../base/ids.ts';
import { blobPath } from './blob-path.ts';
import type { Connection } from './connection.ts';
import { type Journal, write } from './journal.ts';

const pageSize = 1000;

/** Deletes what `content.erased` entries name and is still there: salts first. Answers how much that was. */
export function sweepErased(
  journal: Journal,
  folder: string,
): { readonly blobs: number; readonly openings: number } {
  const openings = write(journal, () => {
    const named = 'delete from openings where commitment in (select id from erased)';
    return journal.db.prepare(named).run().changes;
  });
  let blobs = 0;
  for (let page = selectIds(journal.db, ''); page.length > 0; ) {
    blobs += deleteBlobs(folder, page);
    page = selectIds(journal.db, page.at(-1) ?? '');
  }
  return { blobs, openings };
}

/**
 * Deletes salts, then bytes: without its salt a blob is bytes that nobody can hold against its id. Durable
 * before it returns. Answers how many were still there.
 */
export function deleteBlobs(folder: string, ids: readonly string[]): number {
  const paths = ids
    .filter(isSha256)
    .map((id) => blobPath(folder, id as string as BlobId))
    .filter((path) => isThere(path) || isThere(`${path}.salt`));
  for (const ending of ['.salt', '']) {
    for (const path of paths) {
      rmSync(`${path}${ending}`, { force: true });
    }
    for (const parent of new Set(paths.map(dirname))) {
      syncDirectory(parent);
    }
  }
  return paths.length;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function selectIds(db: Connection, after: string): readonly string[] {
  return db
    .prepare<{ id: string }>('select id from erased where id > ? order by id limit ?')
    .all(after, pageSize)
    .map(({ id }) => id);
}
