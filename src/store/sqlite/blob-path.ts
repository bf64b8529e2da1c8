import { join } from 'node:path';
import { InternalError } from '../../base/errors.ts';
import { type BlobId, isSha256 } from '../../base/ids.ts';

/** Where a blob lies; its salt lies beside it with `.salt` at the end. An id from outside must not name another file. */
export function blobPath(folder: string, id: BlobId): string {
  const name: string = id;
  if (!isSha256(name)) {
    throw new InternalError({ code: 'not_a_blob', message: `\`${name}\` is not a blob's id` });
  }
  return join(folder, name.slice(0, 2), name);
}
