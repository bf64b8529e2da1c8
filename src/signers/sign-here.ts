import type { RequestFile } from '../approval/request-file.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import type { Clock } from '../base/clock.ts';
import { type Choice, openApprover } from './approver.ts';
import { withSecurityKey } from './security-key.ts';
import type { ApproverMemory } from './signer.ts';

/**
 * Signs a decision with a security key at somebody else's terminal. The request's proofs are checked as
 * everywhere, but nothing is pinned or kept: what this machine remembers is not the key owner's memory.
 */
export async function signHere(
  file: RequestFile,
  choice: Choice & { readonly handle: string | null },
  clock: Clock,
): Promise<SignedStatement> {
  const approver = openApprover(forgetful, clock);
  const proven = approver.open(file);
  const wanted = file.approvers.flatMap(({ keys }) => keys);
  const { handle } = choice;
  return withSecurityKey({ handle, wanted }, async (signer) => {
    const { signed } = await approver.decide(proven, signer, choice);
    return signed;
  });
}

const forgetful: ApproverMemory = {
  pin: () => null,
  savePin: () => undefined,
  saveReceipt: () => '',
  pins: () => [],
  receipts: () => [],
};
