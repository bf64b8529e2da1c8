import type { Json } from '../base/json.ts';
import type { PlannedStep } from './plan.ts';

/** A runbook file in its working form: checked, defaults filled in, not yet given any parameters. */
export interface Runbook {
  readonly name: string;
  readonly description: string | null;
  readonly approvals: ApprovalMode;
  readonly params: Readonly<Record<string, Param>>;
  /** Templates, as written. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables taken over from the process that starts the run. */
  readonly inherit: readonly Inherited[];
  readonly preconditions: readonly PlannedStep[];
  readonly steps: readonly PlannedStep[];
  readonly finally: readonly PlannedStep[];
}

/** When reviewers are asked: at each privileged step, or together before anything runs. */
export const approvalModes = ['each', 'together'] as const;
export type ApprovalMode = (typeof approvalModes)[number];

export interface Param {
  readonly type: ParamType;
  readonly description: string | null;
  /** Null where there is none. */
  readonly default: ParamValue | null;
  readonly enum: readonly ParamValue[] | null;
  /** RE2, found anywhere in the value. */
  readonly pattern: string | null;
  /** Least and greatest value of a number, inclusive. */
  readonly min: number | null;
  readonly max: number | null;
  readonly required: boolean;
  readonly secret: boolean;
}

export const paramTypes = ['string', 'integer', 'number', 'boolean'] as const;
export type ParamType = (typeof paramTypes)[number];
export type ParamValue = Extract<Json, string | number | boolean>;

export interface Inherited {
  readonly name: string;
  readonly secret: boolean;
}
