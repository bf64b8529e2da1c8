import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import { type Ledger, openLedger } from './ledger.ts';

const batch = 1000;

/** The ledger of every run in the log. Reads all of it once; what was pruned is in none. */
export async function readLedger(store: Store): Promise<Ledger> {
  const ledger = openLedger();
  const { size } = await store.head();
  for (let from = 0; from < size; from += batch) {
    for (const stored of await store.entries(from, Math.min(from + batch, size))) {
      ledger.add(recordedOf(stored));
    }
  }
  return ledger;
}
