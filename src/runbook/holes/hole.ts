import type { Json } from '../../base/json.ts';
import type { ParamType } from '../runbook.ts';

/**
 * How far a value that is not known yet may go. A `string` has an `enum` or a `pattern` (RE2, whole text),
 * a number its `enum` or both bounds: anything less would approve whatever comes.
 */
export interface HoleLimits {
  readonly type: ParamType;
  readonly enum: readonly Json[] | null;
  readonly pattern: string | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** A place in an approved command that a value within limits fills later. Stored with the request. */
export interface Hole extends HoleLimits {
  /** Where the value comes from: `steps.health.outputs.leader`, `params.shard`. */
  readonly name: string;
}
