import { IntegrityError } from '../../base/errors.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import type { VerifyReport } from '../reports.ts';
import type { VerifyInput } from '../service.ts';
import { openIndexCheck } from './check-index.ts';
import { proveForks } from './fork-proof.ts';
import { gatherOutside } from './gather-outside.ts';
import { conflictsOf, lookAtReplicas } from './look-at-replicas.ts';
import { ownSource } from './own-source.ts';
import { readReceipts } from './read-receipts.ts';
import { reportOf, verifyLog } from './verify-log.ts';

/** Judges the journal of this machine, its indexes too. Reads; writes nothing. */
export async function verifyJournal(engine: Engine, input: VerifyInput): Promise<VerifyReport> {
  const { store } = engine;
  // Asked before the head is read: what others have is then never more than an honest log has.
  const replicas = await lookAtReplicas(engine, input.online ?? false);
  const outside = await gatherOutside(engine, input, (await newestHead(store)).size);
  const source = await ownSource(store);
  const index = openIndexCheck();
  const { size, damage } = await newestHead(store);
  const audit = await verifyLog({
    source,
    size,
    trust: {
      receipts: readReceipts(input.receipts),
      pins: input.pins,
      nowMs: engine.clock.now().wallMs,
      outside,
      replicas,
    },
    follow: (entry) => index.add(entry),
    progress: input.progress,
  });
  if (damage !== null) {
    // What stands behind the last head that can be read is under no signature.
    audit.note({ verdict: 'integrity', code: 'E_STH_SIG', index: size, message: damage });
  }
  for (const finding of await index.findings(store, size)) {
    audit.note(finding);
  }
  const report = reportOf(audit);
  const forks = await proveForks(store, [...audit.forked(), ...conflictsOf(replicas)]);
  return forks.length === 0 ? report : { ...report, forks };
}

/** The head that the journal names, or else the newest one that is left of it. */
async function newestHead(
  store: Store,
): Promise<{ readonly size: number; readonly damage: string | null }> {
  try {
    return { size: (await store.head()).size, damage: null };
  } catch (error) {
    if (!(error instanceof IntegrityError)) {
      throw error;
    }
    const left = await store.headUpTo(Number.MAX_SAFE_INTEGER);
    return { size: left?.size ?? 0, damage: error.message };
  }
}
