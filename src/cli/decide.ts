import { parseStatement } from '../approval/statement/statement.ts';
import { digestWords } from '../base/digest.ts';
import { DeniedError, UsageError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import type { Service } from '../engine/service.ts';
import { printSigned, readExported, readSigned } from './carry.ts';
import type { Cli } from './cli.ts';
import { decideAsMyself } from './decide-as-myself.ts';
import { decideSpooled } from './decide-spooled.ts';
import { findSpooled } from './find-spooled.ts';
import { type DecisionFlags, refuseBeside, refuseSigningTogether } from './flags.ts';
import { decideSigned, signDecision } from './sign-decision.ts';
import { requireSigner, signerChoice } from './signing.ts';
import { tellDecision } from './tell-decision.ts';

/** What `approve`, `reject` and `revoke` have in common. */
export interface DecideInput extends DecisionFlags {
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
  const { account, key, sshAgent } = input;
  const signed = { '--key': key, '--ssh-agent': sshAgent, '--offline': offline };
  refuseBeside({ '--account': account }, { ...signed, '--signature': signature });
  if (signature !== undefined) {
    return handIn(cli, input, signature);
  }
  if (offline !== undefined) {
    return decideOffline(cli, input, offline);
  }
  const spooled = await findSpooled(cli, request);
  return spooled === null ? decideHere(cli, input) : decideSpooled(cli, input, spooled);
}

/**
 * Signs what the journal proves, hands it in, and keeps the receipt. Where a server knows the caller, no
 * key means that their login decides.
 */
async function decideHere(cli: Cli, input: DecideInput): Promise<number> {
  const command = `runbook ${input.decision}${input.request === null ? '' : ` ${input.request}`}`;
  if (input.account === true) {
    throw new UsageError({
      code: 'account_unheard',
      message: 'an account decides only about what another account of this host executes',
      hint: 'sign it instead: `--key FILE`, or `--ssh-agent`',
    });
  }
  if (signerChoice(cli, input) === null && (await cli.server()) !== null) {
    return decideAsMyself(cli, input, command);
  }
  requireSigner(cli, input, command);
  const service = await cli.openService();
  const { report, receipt } = await decideSigned(cli, service, {
    request: input.request,
    input,
    command,
  });
  return tellDecision(cli, report, receipt);
}

/** The file alone, in the approver's own session: what is printed is carried to the journal by hand. */
async function decideOffline(cli: Cli, input: DecideInput, path: string): Promise<number> {
  const command = `runbook ${input.decision} --offline ${path}`;
  requireSigner(cli, input, command);
  const approver = await cli.openApprover();
  const proven = approver.open(readExported(cli, path));
  const signed = await signDecision(cli, { approver, proven, input, command });
  const receipt = approver.keep(signed, null);
  const { decision } = input;
  const about = { request: signed.content.id, decision };
  printSigned(cli, decision, { about, receipt, signed: signed.signed });
  return 0;
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
