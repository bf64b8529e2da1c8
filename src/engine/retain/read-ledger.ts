import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import { walkLog } from '../walk-log.ts';
import { type Ledger, openLedger } from './ledger.ts';

/** The ledger of every run in the log. Reads all of it once; what was pruned is in none. */
export async function readLedger(store: Store): Promise<Ledger> {
  const ledger = openLedger();
  for await (const { entries } of walkLog(store)) {
    for (const stored of entries) {
      ledger.add(recordedOf(stored));
    }
  }
  return ledger;
}
