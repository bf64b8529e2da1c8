import * as v from 'valibot';
import type { RequestId, RunId, Sha256 } from '../../base/ids.ts';
import type { Json } from '../../base/json.ts';
import { assurances } from '../../policy/policy.ts';

/** A schema that yields this type. What leaves a server and what its client reads are the same schema. */
export type Wire<T> = v.GenericSchema<unknown, T>;

const id = v.pipe(v.string(), v.regex(/^[0-9a-z]{16}$/));

export const runId = branded<RunId>(id);
export const requestId = branded<RequestId>(id);
export const sha256 = branded<Sha256>(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)));
/** RFC 3339, as `formatTime` writes it. */
export const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const assurance = v.picklist(assurances);
export const choice = v.picklist(['approve', 'reject', 'revoke']);
/** Text that may be left out of a body. */
export const optionalText = v.optional(v.nullable(v.string()), null);

/** Whatever JSON can say: it was read by `JSON.parse`, so that is what it is. */
export const json = v.unknown() as Wire<Json>;

/**
 * An object that one of the nouns defines and the journal proves (a request's content, a command, a plan,
 * an event): its shape is not said a second time here.
 */
export function ofNoun<T>(): Wire<T> {
  return v.record(v.string(), v.unknown()) as v.GenericSchema<unknown, unknown> as Wire<T>;
}

export const missing = v.array(
  v.object({ slot: v.string(), count: v.number(), from: v.array(v.string()) }),
);

/** Ids are branded for the compiler alone; on the wire they are text. */
function branded<T extends string>(schema: Wire<string>): Wire<T> {
  return schema as Wire<T>;
}
