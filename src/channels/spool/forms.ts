import * as v from 'valibot';
import type { RequestFile } from '../../approval/request-file.ts';
import { requestFileSchema } from '../../approval/request-file-schema.ts';
import { type RequestState, requestStates } from '../../approval/request-state.ts';
import type { SignedStatement } from '../../approval/statement/statement.ts';
import { signedSchema } from '../../approval/statement/statement-schema.ts';
import type { MissingSlot } from '../../approval/tally/tally.ts';
import { isSha256, newNonce, type RequestId, type Sha256 } from '../../base/ids.ts';
import { decodeUtf8 } from '../../base/utf8.ts';
import type { Answer } from '../channel.ts';

// The files of the spool: a request, a decision, an answer. None of them is believed for lying there.

/** `requests/ID.json`: the request with its proofs, and, without proof, how its executor says it stands. */
export interface Published {
  readonly v: 1;
  readonly state: RequestState;
  readonly missing: readonly MissingSlot[];
  readonly request: RequestFile;
}

/** `decisions/ID.NONCE.json`: signed, or said by the account that owns the file. */
export type Dropped =
  | { readonly v: 1; readonly signed: SignedStatement }
  | {
      readonly v: 1;
      /** Leaf hash of the request. */
      readonly request: Sha256;
      readonly decision: 'approve' | 'reject' | 'revoke';
      readonly reason: string | null;
    };

/** Larger files are nobody's: a request holds its commands whole, a decision one statement. */
export const limits = { request: 16 * 1024 * 1024, decision: 256 * 1024, answer: 64 * 1024 };

const text = v.string();

const missing = v.array(v.looseObject({ slot: text, count: v.number(), from: v.array(text) }));

const published = v.strictObject({
  v: v.literal(1),
  state: v.picklist(requestStates),
  missing,
  request: requestFileSchema,
});

const dropped = v.union([
  v.strictObject({ v: v.literal(1), signed: signedSchema }),
  v.strictObject({
    v: v.literal(1),
    request: v.custom<Sha256>((value) => typeof value === 'string' && isSha256(value)),
    decision: v.picklist(['approve', 'reject', 'revoke']),
    reason: v.nullable(text),
  }),
]);

const answer = v.strictObject({
  accepted: v.boolean(),
  message: text,
  hint: v.nullable(text),
  code: text,
  decided: v.exactOptional(v.strictObject({ person: text, assurance: text, missing })),
});

/** Null for what is not exactly such a file. */
export function parsePublished(bytes: Buffer): Published | null {
  return parse(published, bytes);
}

/** Null for what is not exactly such a file. */
export function parseDropped(bytes: Buffer): Dropped | null {
  return parse(dropped, bytes);
}

/** Null for what is not exactly such a file. */
export function parseAnswer(bytes: Buffer): Answer | null {
  return parse(answer, bytes);
}

/** The request's id, or null where it is no name of a published request. */
export function requestOfName(name: string): RequestId | null {
  const [, id] = /^([0-9a-hjkmnp-tv-z]{16})\.json$/.exec(name) ?? [];
  return id === undefined ? null : (id as RequestId);
}

/** A name that nobody else can have chosen, and nobody can guess. */
export function nameDrop(request: RequestId): string {
  return `${request}.${newNonce()}.json`;
}

/** True for the names that `nameDrop` gives, and for no others. */
export function isDropName(name: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{16}\.[0-9a-f]{32}\.json$/.test(name);
}

function parse<Value>(schema: v.GenericSchema<unknown, Value>, bytes: Buffer): Value | null {
  const decoded = decodeUtf8(bytes);
  if (!('text' in decoded)) {
    return null;
  }
  try {
    const parsed = v.safeParse(schema, JSON.parse(decoded.text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
