import type { Finding } from '../../audit/finding.ts';
import { RunbookError } from '../../base/errors.ts';
import type { Store } from '../../store/store.ts';
import { indexFinding } from './index-finding.ts';

/** The row that the next commit builds on must be the head that the stored tree leads to. */
export async function checkHeadRow(store: Store, size: number): Promise<readonly Finding[]> {
  try {
    const [row, stored] = [await store.headUpTo(size), await store.head()];
    const isLater = stored.size > size;
    return row === null || isLater || row.note === stored.note
      ? []
      : [indexFinding(size - 1, 'the row of the newest head is not what the stored tree leads to')];
  } catch (error) {
    // A head that cannot be read at all was found where it was to be opened.
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}
