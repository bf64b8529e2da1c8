import type { RunId, Sha256 } from '../base/ids.ts';

/** The SSHSIG namespaces. A signature for one can never be taken for the other. */
export const approvalNamespace = 'approval@runbook/v1';
export const resolveNamespace = 'resolve@runbook/v1';

/** What one person decides about one request, and signs as JCS bytes. */
export interface Statement {
  readonly v: 1;
  readonly decision: 'approve' | 'reject' | 'revoke';
  /** Leaf hash of the `approval.requested` entry. */
  readonly request: Sha256;
  /** Digests of the commands, in the request's order. */
  readonly commands: readonly Sha256[];
  readonly environment: string;
  readonly policy_digest: Sha256;
  /** The slots this person could fill; which one is the tally's answer. */
  readonly slots: readonly string[];
  readonly reason: string | null;
  readonly person: string;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** How a person settles a privileged step whose outcome nobody knows. */
export interface Resolution {
  readonly v: 1;
  readonly decision: 'resolve';
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly run: RunId;
  readonly step: string;
  readonly attempt: number;
  /** Leaf hash of the `step.started` entry. */
  readonly started: Sha256;
  readonly reason: string;
  readonly person: string;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** The checkpoint the signer's client saw and checked against the last one it saw. */
export interface SeenLog {
  readonly origin: string;
  readonly size: number;
  /** Root hash, base64, as in the checkpoint. */
  readonly root: string;
}

/** A signed statement as it travels and as it is stored: bytes verbatim, never re-serialised. */
export interface SignedStatement {
  /** The JCS text of a `Statement` or `Resolution`. */
  readonly statement: string;
  /** SSHSIG blob, base64 without armour. */
  readonly signature: string;
}
