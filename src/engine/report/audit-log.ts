import { UsageError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import type { AuditLine } from '../reports.ts';
import { summaryOf } from './describe-entry.ts';

/** The newest entries, oldest of them first; with `run`, all of that run's. */
export async function auditLog(
  engine: Engine,
  filter: { readonly run: string | null; readonly limit: number },
): Promise<readonly AuditLine[]> {
  if (filter.run !== null) {
    const entries = await engine.store.loadRun(await findRun(engine, filter.run));
    return entries.slice(-filter.limit).map((entry) => lineOf(recordedOf(entry)));
  }
  const { size } = await engine.store.head();
  const entries = await engine.store.entries(Math.max(0, size - filter.limit), size);
  return entries.map((entry) => lineOf(recordedOf(entry)));
}

/** One entry as it is stored, with what proves that it stands under the signed head. */
export async function auditShow(engine: Engine, index: number): Promise<Json> {
  const head = await engine.store.head();
  const [entry] = await engine.store.entries(index, index + 1);
  if (entry === undefined) {
    throw new UsageError({
      code: 'entry_unknown',
      message: `there is no entry ${index}: the journal has ${head.size}`,
      hint: '`runbook audit log` lists the newest',
    });
  }
  const proof = await engine.store.inclusionProof(index, head.size);
  return {
    index,
    hash: recordedOf(entry).hash,
    leaf: JSON.parse(entry.bytes.toString('utf8')) as Json,
    inclusion: proof.map((hash) => hash.toString('base64')),
    checkpoint: head.note,
  };
}

function lineOf(entry: Recorded): AuditLine {
  const { seq, time, run, event, hash } = entry;
  return { index: seq, time, type: event.type, run, summary: summaryOf(entry), hash };
}
