import type { Sha256 } from '../../base/ids.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import { walkLog } from '../walk-log.ts';

/** The entry of this log that says that exactly this file was given to somebody; null where none does. */
export async function findExport(store: Store, digest: Sha256): Promise<number | null> {
  for await (const { entries } of walkLog(store)) {
    const found = entries
      .filter(({ bytes }) => bytes.includes(digest))
      .find((entry) => {
        const { event } = recordedOf(entry);
        return event.type === 'evidence.exported' && event.data.digest === digest;
      });
    if (found !== undefined) {
      return found.seq;
    }
  }
  return null;
}
