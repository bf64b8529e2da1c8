import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import type { RequestFile } from './request-file.ts';

const text = v.string();
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The one shape of a `RequestFile`. */
export const requestFileSchema = v.strictObject({
  kind: v.picklist(['runbook.request/v1', 'runbook.started/v1', 'runbook.head/v1']),
  origin: text,
  verifier_key: text,
  checkpoint: text,
  index: count,
  leaf: text,
  inclusion: v.array(text),
  consistency: v.array(v.strictObject({ from: count, proof: v.array(text) })),
  blobs: v.record(text, v.strictObject({ salt: text, bytes: text })),
  approvers: v.array(v.strictObject({ person: text, keys: v.array(text), slots: v.array(text) })),
  keys: v.exactOptional(
    v.array(
      v.strictObject({
        index: count,
        leaf: text,
        inclusion: v.array(text),
        consistency: v.array(text),
        before: v.nullable(v.strictObject({ checkpoint: text, consistency: v.array(text) })),
      }),
    ),
  ),
});

/**
 * Reads what `review --export` wrote. Only the shape is checked here; what it claims is for the
 * approver's client to prove. Throws UsageError `request_file_unreadable`.
 */
export function parseRequestFile(source: string, file: string): RequestFile {
  try {
    return v.parse(requestFileSchema, JSON.parse(source));
  } catch (cause) {
    throw new UsageError({
      code: 'request_file_unreadable',
      message: `\`${file}\` is not a request that \`runbook review --export\` wrote`,
      hint: 'it may be cut off: ask for the file again',
      cause,
    });
  }
}
