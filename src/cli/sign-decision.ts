import type { RequestContent } from '../approval/request.ts';
import type { DecisionReport } from '../engine/reports.ts';
import type { Service } from '../engine/service.ts';
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

/**
 * Reads a request from the journal at hand, signs a decision about it, hands that in and keeps the receipt;
 * answers where it lies.
 */
export async function decideSigned(
  cli: Cli,
  service: Service,
  {
    request,
    input,
    command,
  }: Pick<SignInput, 'input' | 'command'> & { readonly request: string | null },
): Promise<{ readonly report: DecisionReport; readonly receipt: string }> {
  const approver = await cli.openApprover();
  const proven = await approver.read((seen) => service.review(request, seen));
  const signed = await signDecision(cli, { approver, proven, input, command });
  const report = await service.decide(signed.signed, 'cli');
  return { report, receipt: approver.keep(signed, report.recorded) };
}

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
