import { UsageError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { openLedger } from './ledger.ts';

/** Throws UsageError `still_needed` while something may rest on what the run left, and says what. */
export async function refuseNeeded({ store, clock }: Engine, run: RunId): Promise<void> {
  const ledger = openLedger();
  const entries = await store.loadRun(run);
  for (const stored of entries) {
    ledger.add(recordedOf(stored));
  }
  const revoked = new Set(
    (await store.listReusable(null)).flatMap((row) => (row.revoked === null ? [] : row.request)),
  );
  const [own] = ledger.runs();
  const why = own?.needed(clock.now().wallMs, revoked) ?? null;
  if (why !== null) {
    throw new UsageError({
      code: 'still_needed',
      message: `run \`${run}\`: ${why}`,
      hint: 'nothing of it can be erased before that is over',
    });
  }
}
