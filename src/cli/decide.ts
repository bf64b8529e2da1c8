import type { RequestContent } from '../approval/request.ts';
import { parseStatement } from '../approval/statement.ts';
import { digestWords } from '../base/digest.ts';
import { DeniedError, UsageError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import type { Service } from '../engine/service.ts';
import { printSigned, readExported, readSigned } from './carry.ts';
import type { Approver, Cli } from './cli.ts';
import { refuseSigningTogether, type SigningFlags } from './flags.ts';
import { askText } from './prompt.ts';
import { provenCard } from './proven-card.ts';
import { requireSigner } from './signing.ts';
import { tellDecision } from './tell-decision.ts';

/** What `approve`, `reject` and `revoke` have in common. */
export interface DecideInput extends SigningFlags {
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly request: string | null;
  readonly reason?: string;
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

/** Signs what the journal proves, hands it in, and keeps the receipt. */
async function decideHere(cli: Cli, input: DecideInput): Promise<number> {
  const command = `runbook ${input.decision}${input.request === null ? '' : ` ${input.request}`}`;
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
  const content = contentOf(proven);
  // Drawn also where nobody looks: it holds the command against the digest that is about to be signed.
  const card = provenCard(cli, { file: proven.file, content, leafHash: proven.leafHash });
  if (cli.settings.output === 'text') {
    cli.io.stderr.write(`${card}\n`);
  }
  await confirmProtected(cli, content, input);
  const wanted = proven.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(requireSigner(cli, input, command), wanted);
  const { decision, reason = null } = input;
  return { ...(await approver.decide(proven, signer, { decision, reason })), content };
}

function contentOf({ content }: Proven): RequestContent {
  if (content === null) {
    throw new UsageError({
      code: 'not_a_request',
      message: 'this file shows a step whose outcome is unknown, not a request',
      hint: '`runbook resolve RUN STEP` settles it',
    });
  }
  return content;
}

/** Against the slip of approving in the wrong window; the decision itself is the signature. */
async function confirmProtected(
  cli: Cli,
  { target }: RequestContent,
  { decision }: DecideInput,
): Promise<void> {
  if (decision !== 'approve' || !target.protected || !cli.settings.interactive) {
    return;
  }
  const answer = await askText(cli, `Approve? Type the environment's name (${target.environment})`);
  if (answer.trim() !== target.environment) {
    throw new UsageError({
      code: 'not_confirmed',
      message: `that is not \`${target.environment}\`: nothing was signed`,
    });
  }
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
