import type { RequestContent } from '../approval/request.ts';
import type { RequestFile } from '../approval/request-file.ts';
import type { SignedStatement } from '../approval/statement.ts';
import type { ApproverSigner, Pin, Receipt } from './signer.ts';

/**
 * The approver's own client: it believes nothing but proofs. It holds what the journal shows against
 * what it saw last, renders from the proven leaf alone, signs, and remembers.
 */
export interface Approver {
  /** Checks a file: signature, inclusion, consistency with the pin, blobs against their ids. Throws IntegrityError. */
  open(file: RequestFile): ProvenRequest;
  /** Signs a decision about a proven request, and remembers the head it saw. */
  decide(proven: ProvenRequest, signer: ApproverSigner, choice: Choice): Promise<Signed>;
  /** Signs how a step whose outcome is unknown is settled. */
  resolve(proven: ProvenRequest, signer: ApproverSigner, choice: ResolveChoice): Promise<Signed>;
  /** Keeps the receipt once the journal said where the decision stands (null: it was not told). Answers the path. */
  keep(signed: Signed, recorded: Receipt['recorded']): string;
  /** Size of the last head seen of a log; null for a log never seen. */
  seenSize(origin: string): number | null;
  pins(): readonly Pin[];
}
export interface ProvenRequest {
  readonly file: RequestFile;
  /** `approval.requested` data; null for a started step. */
  readonly content: RequestContent | null;
  readonly leafHash: string;
  readonly pin: Pin;
}
export interface Choice {
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly reason: string | null;
}
export interface ResolveChoice {
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly reason: string;
}
export interface Signed {
  readonly signed: SignedStatement;
  readonly receipt: Receipt;
}
