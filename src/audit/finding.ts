import type { BlobId } from '../base/ids.ts';

/** Something that does not hold. Codes are stable and listed in docs; all of them mean exit 14. */
export interface Finding {
  readonly verdict: VerdictName;
  readonly code: FindingCode;
  /** Entry it is about; null where it is about the log as a whole. */
  readonly index: number | null;
  readonly message: string;
}

export type VerdictName = 'integrity' | 'completeness' | 'authorization' | 'time' | 'replicas';

export type FindingCode =
  | 'E_LEAF'
  | 'E_SEQ'
  | 'E_ORIGIN'
  | 'E_INDEX'
  | 'E_STH_SIG'
  | 'E_PROOF'
  | 'E_MANIFEST'
  | 'W_MANIFEST'
  | 'E_BLOB_MISSING'
  | 'E_BLOB_ALTERED'
  | 'E_PRUNED'
  | 'W_REDACTED'
  | 'E_TRUNCATED'
  | 'E_FORK'
  | 'E_ROLLBACK'
  | 'E_ANCHOR'
  | 'E_KEY_UNKNOWN'
  | 'E_KEY_ROTATION'
  | 'E_UNPROVEN'
  | 'W_UNPROVEN'
  | 'E_DECISION_MISSING'
  | 'E_RECEIPT'
  | 'E_NO_PLAN'
  | 'E_PLAN'
  | 'E_NO_CONFIG'
  | 'E_RUN'
  | 'E_UNAPPROVED_EXECUTION'
  | 'E_COMMAND_CHANGED'
  | 'E_APPROVAL_SIG'
  | 'E_LOGIN'
  | 'E_APPROVAL_REPLAY'
  | 'E_SELF_APPROVAL'
  | 'E_APPROVAL'
  | 'E_ASSURANCE'
  | 'E_TOKEN'
  | 'E_PASSKEY'
  | 'E_QUORUM'
  | 'E_EXPIRED'
  | 'E_REJECTED'
  | 'E_DENIED'
  | 'E_GRANT_STRETCHED'
  | 'E_DECIDER_RESUMED'
  | 'E_START'
  | 'E_RESOLUTION'
  | 'E_REMOTE'
  | 'E_BREAK_GLASS'
  | 'E_TIME_BACKWARD'
  | 'E_TIME_WITNESSED'
  | 'E_TIME_CLAIMED'
  | 'W_INVITER'
  | 'W_KEY_REMOVED'
  | 'W_UNACKED';

/**
 * What a judge finds, in words. With `wants` it may only seem so for want of that content: where the log
 * says that it was erased, it is not held against anybody.
 */
export type Flaw = readonly [code: FindingCode, message: string, wants?: BlobId];

/** Takes findings as they come up; none stops the audit. */
export type Report = (finding: Finding) => void;

/** `W_…` says what somebody should know; nothing is wrong. */
export function isWarning(code: FindingCode): boolean {
  return code.startsWith('W_');
}
