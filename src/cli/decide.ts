import type { RequestContent } from '../approval/request.ts';
import { parseStatement } from '../approval/statement.ts';
import { digestWords } from '../base/digest.ts';
import { DeniedError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import type { Service } from '../engine/service.ts';
import { printSigned, readExported, readSigned } from './carry.ts';
import type { Approver, Cli } from './cli.ts';
import { confirmSigned } from './confirm-decision.ts';
import { decideAsMyself } from './decide-as-myself.ts';
import { refuseSigningTogether, type SigningFlags } from './flags.ts';
import { showProvenCard } from './proven-card.ts';
import { requireSigner, signerChoice } from './signing.ts';
import { tellDecision } from './tell-decision.ts';

/** What `approve`, `reject` and `revoke` have in common. */
export interface DecideInput extends SigningFlags {
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly request: string | null;
  readonly reason?: string;
  /** Stands for the answer that nobody can be asked for, where nothing is signed. */
  readonly yes?: true;
}

export async function decide(cli: Cli, input: DecideInput): Promise<number> {
  const { request, reason, signature, offline } = input;
  refuseSigningTogether(input, {
    argument: { REQUEST: request ?? undefined },
    words: { '--reason': reason },
  });
  if (signature !== undefined) {
    return handIn(cli, input, signature);
  }
  return offline === undefined ? decideHere(cli, input) : decideOffline(cli, input, offline);
}

/**
 * Signs what the journal proves, hands it in, and keeps the receipt. Where a server knows the caller, no
 * key means that their login decides.
 */
async function decideHere(cli: Cli, input: DecideInput): Promise<number> {
  const command = `runbook ${input.decision}${input.request === null ? '' : ` ${input.request}`}`;
  if (signerChoice(cli, input) === null && (await cli.server()) !== null) {
    return decideAsMyself(cli, input, command);
  }
  requireSigner(cli, input, command);
  const service = await cli.openService();
  const approver = await cli.openApprover();
  const proven = await approver.read((seen) => service.review(input.request, seen));
  const signed = await sign(cli, { approver, proven, input, command });
  const report = await service.decide(signed.signed, 'cli');
  const receipt = approver.keep(signed, report.recorded);
  return tellDecision(cli, report, receipt);
}

/** The file alone, in the approver's own session: what is printed is carried to the journal by hand. */
async function decideOffline(cli: Cli, input: DecideInput, path: string): Promise<number> {
  const command = `runbook ${input.decision} --offline ${path}`;
  requireSigner(cli, input, command);
  const approver = await cli.openApprover();
  const proven = approver.open(readExported(cli, path));
  const signed = await sign(cli, { approver, proven, input, command });
  const receipt = approver.keep(signed, null);
  const { decision } = input;
  const about = { request: signed.content.id, decision };
  printSigned(cli, decision, { about, receipt, signed: signed.signed });
  return 0;
}

type Proven = ReturnType<Approver['open']>;
type Signed = Awaited<ReturnType<Approver['decide']>> & { readonly content: RequestContent };

interface SignInput {
  readonly approver: Approver;
  readonly proven: Proven;
  readonly input: DecideInput;
  readonly command: string;
}

async function sign(cli: Cli, { approver, proven, input, command }: SignInput): Promise<Signed> {
  const content = showProvenCard(cli, proven);
  await confirmSigned(cli, content, input.decision);
  const wanted = proven.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(requireSigner(cli, input, command), wanted);
  const { decision, reason = null } = input;
  return { ...(await approver.decide(proven, signer, { decision, reason })), content };
}

/** Hands in what was signed elsewhere. Who carries it is irrelevant: the key's person counts. */
async function handIn(cli: Cli, { decision, request }: DecideInput, path: string): Promise<number> {
  const signed = await readSigned(cli, path, decision);
  const service = await cli.openService();
  if (request !== null) {
    await refuseOther(service, request, parseStatement(signed.statement).request);
  }
  return tellDecision(cli, await service.decide(signed, 'offline'), null);
}

/** A decision names its request itself; who names one beside it wants no other decided. */
async function refuseOther(service: Service, request: string, signedFor: Sha256): Promise<void> {
  const { words } = await service.describeRequest(request);
  if (words !== digestWords(signedFor)) {
    throw new DeniedError({
      code: 'other_request',
      message: `signed for another request than \`${request}\``,
      hint: 'a signed decision names its request: hand it in without REQUEST',
    });
  }
}
