import type { Json, JsonObject } from '../../base/json.ts';
import { version } from '../../base/version.ts';
import { decodeLeaf, leafHash } from '../../journal/leaf.ts';

/**
 * Entries as OTLP log records, in the JSON form of opentelemetry-proto 1.x (`ExportLogsServiceRequest`):
 * names in camelCase, 64-bit integers as text. The body is the entry's own text, so that whoever has it can
 * hash it again; everything else is there to be searched.
 */

/** One entry as a LogRecord. Throws IntegrityError for bytes that are no entry. */
export function logRecord(bytes: Buffer): JsonObject {
  const { origin, seq, type, time, run } = decodeLeaf(bytes);
  const hash = leafHash(bytes).toString('hex');
  const nanoseconds = String(BigInt(Date.parse(time)) * 1_000_000n);
  const isLoud = loud.has(type);
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber: isLoud ? 13 : 9,
    severityText: isLoud ? 'WARN' : 'INFO',
    eventName: `runbook.${type}`,
    body: { stringValue: bytes.toString('utf8') },
    attributes: [
      // What comes twice has the same one (OpenTelemetry's semantic conventions).
      text('log.record.uid', hash),
      text('runbook.origin', origin),
      { key: 'runbook.index', value: { intValue: String(seq) } },
      text('runbook.leaf_hash', hash),
      text('runbook.type', type),
      ...(run === null ? [] : [text('runbook.run', run)]),
    ],
  };
}

/** The body of one request. */
export function exportRequest(records: readonly Json[]): JsonObject {
  const resource = { attributes: [text('service.name', 'runbook')] };
  const scope = { name: 'runbook.journal', version };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: records }] }] };
}

/** Entries that somebody on duty may want to look at when they come. */
const loud: ReadonlySet<string> = new Set([
  'break_glass.reviewed',
  'content.erased',
  'key.recovery',
  'key.rotated',
  'log.pruned',
  'sink.gap',
  'step.denied',
  'step.unknown',
]);

function text(key: string, value: string): JsonObject {
  return { key, value: { stringValue: value } };
}
