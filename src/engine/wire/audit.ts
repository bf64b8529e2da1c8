import * as v from 'valibot';
import { pinSchema } from '../../approval/statement/receipt.ts';
import type { EventType } from '../../run/events.ts';
import type { EntryFilter } from '../report/entry-filter.ts';
import type { AuditLine } from '../reports.ts';
import type { VerifyReport } from '../verify.ts';
import { count, json, runId, time, type Wire } from './values.ts';

/** A newer server may write types that this client does not know; it prints them. */
const eventType = v.string() as Wire<string> as Wire<EventType>;

const auditLine: Wire<AuditLine> = v.object({
  index: count,
  time,
  type: eventType,
  run: v.nullable(runId),
  summary: v.string(),
  hash: v.string(),
});

/** The filter as query parameters; null is left out. */
export function entryQuery(filter: EntryFilter): Readonly<Record<string, string | number | null>> {
  return Object.fromEntries(
    Object.entries({ ...filter }).map(([name, value]) => [name, value ?? null]),
  );
}

export const entriesAnswer: Wire<{ readonly entries: readonly AuditLine[] }> = v.object({
  entries: v.array(auditLine),
});

/** One entry whole, with its inclusion proof. */
export const entryAnswer = json;

const namedText = v.strictObject({ file: v.string(), text: v.string() });

/** Receipts and heads from outside to hold the journal against, and whom the auditor believes. */
export const verifyBody = v.strictObject({
  receipts: v.optional(v.array(namedText), []),
  pins: v.optional(v.array(pinSchema), []),
  witnesses: v.optional(v.array(v.string()), []),
  authorities: v.optional(v.array(namedText), []),
  checkpoints: v.optional(v.array(namedText), []),
  online: v.optional(v.boolean(), false),
});

export const verifyReport: Wire<VerifyReport> = v.object({
  verdicts: v.array(
    v.object({
      name: v.picklist(['integrity', 'completeness', 'authorization', 'time', 'replicas']),
      ok: v.nullable(v.boolean()),
      anchor: v.string(),
      anchored_at: v.nullable(time),
    }),
  ),
  findings: v.array(
    v.object({ code: v.string(), index: v.nullable(v.number()), message: v.string() }),
  ),
  forks: v.exactOptional(v.array(v.string())),
  exit_code: v.picklist([0, 14]),
});
