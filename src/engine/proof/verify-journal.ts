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
  // Asked before the head is read: what a copy has is then never more than an honest log has.
  const replicas = await lookAtReplicas(engine, input.online ?? false);
  const outside = await gatherOutside(engine, input);
  const source = await ownSource(store);
  const index = openIndexCheck();
  const { size } = await source.head();
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
  for (const finding of await index.findings(store, size)) {
    audit.note(finding);
  }
  const report = reportOf(audit);
  const forks = await proveForks(store, [...audit.forked(), ...conflictsOf(replicas)]);
  return forks.length === 0 ? report : { ...report, forks };
}
