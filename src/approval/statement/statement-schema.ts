import * as v from 'valibot';
import { type BlobId, isSha256, type RunId, type Sha256 } from '../../base/ids.ts';
import { decodeBase64 } from '../ssh/ssh-wire.ts';

const sha256 = v.custom<Sha256>((value) => typeof value === 'string' && isSha256(value));
const runId = v.custom<RunId>(
  (value) => typeof value === 'string' && /^[0-9a-hjkmnp-tv-z]{16}$/.test(value),
);
const name = v.pipe(v.string(), v.minLength(1));
/** RFC 3339 as `formatTime` writes it. */
export const timeSchema = v.pipe(v.string(), v.check(isTime));
export const nonceSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** The one shape of a `SeenLog`. */
export const seenLogSchema = v.strictObject({
  origin: name,
  size: count,
  root: v.pipe(
    v.string(),
    v.check((text) => decodeBase64(text)?.length === 32),
  ),
});

/** The one shape of a `Statement`: every key there, no other key. */
export const statementSchema = v.strictObject({
  v: v.literal(1),
  decision: v.picklist(['approve', 'reject', 'revoke']),
  request: sha256,
  commands: v.pipe(v.array(sha256), v.minLength(1)),
  environment: name,
  policy_digest: sha256,
  slots: v.array(name),
  reason: v.nullable(v.string()),
  person: name,
  time: timeSchema,
  nonce: nonceSchema,
  log: seenLogSchema,
});

/** The one shape of a `Resolution`. */
export const resolutionSchema = v.strictObject({
  v: v.literal(1),
  decision: v.literal('resolve'),
  outcome: v.picklist(['succeeded', 'failed', 'retry']),
  run: runId,
  step: name,
  attempt: count,
  started: sha256,
  reason: v.string(),
  person: name,
  time: timeSchema,
  nonce: nonceSchema,
  log: seenLogSchema,
});

/** The one shape of a `Review`. */
export const reviewSchema = v.strictObject({
  v: v.literal(1),
  decision: v.literal('review'),
  finding: v.picklist(['justified', 'unjustified']),
  run: runId,
  request: sha256,
  started: sha256,
  reason: v.string(),
  person: name,
  time: timeSchema,
  nonce: nonceSchema,
  log: seenLogSchema,
});

/** The one shape of a `StartStatement`. */
export const startSchema = v.strictObject({
  v: v.literal(1),
  act: v.picklist(['start', 'resume']),
  run: runId,
  runbook: name,
  source: v.nullable(sha256),
  environment: name,
  reason: v.nullable(v.string()),
  asked: v.nullable(
    v.strictObject({
      params: sha256,
      ticket: v.nullable(v.string()),
      not_before: v.nullable(v.string()),
      break_glass: v.nullable(v.string()),
      overrides: v.array(v.string()),
      reuse: v.nullable(v.string()),
    }),
  ),
  person: name,
  time: timeSchema,
  nonce: nonceSchema,
  log: seenLogSchema,
});

/** The one shape of an `Attested`: every key there, no other key. */
export const attestedSchema = v.strictObject({
  receiver: v.pipe(v.string(), v.startsWith('os:')),
  identity: v.pipe(v.string(), v.includes(':')),
  matched_by: v.nullable(v.pipe(v.string(), v.startsWith('email:'))),
  event: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  raw: v.custom<BlobId>((value) => typeof value === 'string' && isSha256(value)),
});

/** The one shape of a `LoginEvidence`. */
export const loginEvidenceSchema = v.strictObject({
  issuer: name,
  client: name,
  token: v.pipe(name, v.maxLength(16_384)),
});

/** The one shape of a `SignedStatement`; whether it holds is for `judge-decision.ts`. */
export const signedSchema = v.strictObject({
  statement: name,
  signature: v.pipe(
    name,
    v.check((text) => decodeBase64(text) !== null),
  ),
});

/** Only the form `formatTime` writes, and only days that exist. */
function isTime(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text;
}
