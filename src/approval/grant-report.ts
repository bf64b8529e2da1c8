import type { RequestId, RunId } from '../base/ids.ts';
import type { Hole } from '../runbook/holes/hole.ts';

/**
 * Where an approval that was asked to hold for later runs stands: `asked` waits for people, `standing` may
 * be used, `spent` has no use left, `over` is past its time, `revoked` was ended, `ended` never came to hold
 * or was replaced.
 */
export const grantStates = ['asked', 'standing', 'spent', 'over', 'revoked', 'ended'] as const;
export type GrantState = (typeof grantStates)[number];

/** One such approval, as `--output json` prints it. */
export interface GrantReport {
  readonly request: RequestId;
  readonly words: string;
  /** The run that asked. */
  readonly run: RunId;
  readonly runbook: string;
  readonly step: string;
  readonly environment: string;
  /** Name of the grant rule. */
  readonly rule: string;
  readonly state: GrantState;
  /** Where uses may differ, and how far. */
  readonly vary: readonly Hole[];
  /** Starts under it so far, in whichever run. */
  readonly uses: number;
  readonly max_uses: number;
  /** RFC 3339; null where it does not stand. */
  readonly until: string | null;
  readonly approved_by: readonly string[];
  /** RFC 3339; null where nobody ended it. */
  readonly revoked_at: string | null;
}

/** A start under an approval of another run. */
export interface GrantUse {
  readonly request: string;
  readonly words: string;
  readonly use: number;
  readonly of: number;
  readonly approved_by: readonly string[];
}

/** `under grant WORDS, use 2 of 3, approved by bob`. Not sanitised. */
export function describeGrantUse({ words, use, of, approved_by }: GrantUse): string {
  return `under grant ${words}, use ${use} of ${of}, approved by ${approved_by.join(', ')}`;
}
