import type { RequestContent } from '../approval/request.ts';
import type { Approver, Cli } from './cli.ts';
import { confirmSigned } from './confirm-decision.ts';
import type { SigningFlags } from './flags.ts';
import { showProvenCard } from './proven-card.ts';
import { requireSigner } from './signing.ts';

/** What a person is about to sign, and with what. */
export interface SignInput {
  readonly approver: Approver;
  readonly proven: ReturnType<Approver['open']>;
  readonly input: SigningFlags & {
    readonly decision: 'approve' | 'reject' | 'revoke';
    readonly reason?: string;
  };
  /** For the hint where no key is named. */
  readonly command: string;
}

type Signed = Awaited<ReturnType<Approver['decide']>> & { readonly content: RequestContent };

/** Shows the card of a proven request, and signs a decision about it. */
export async function signDecision(
  cli: Cli,
  { approver, proven, input, command }: SignInput,
): Promise<Signed> {
  const content = showProvenCard(cli, proven);
  await confirmSigned(cli, content, input.decision);
  const wanted = proven.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(requireSigner(cli, input, command), wanted);
  const { decision, reason = null } = input;
  return { ...(await approver.decide(proven, signer, { decision, reason })), content };
}
