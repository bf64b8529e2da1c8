import { resolve } from 'node:path';
import type { RequestContent } from '../approval/request.ts';
import type { RequestFile } from '../approval/request-file.ts';
import { parseRequestFile } from '../approval/request-file-schema.ts';
import { formatSigned, parseSigned } from '../approval/statement.ts';
import { UsageError } from '../base/errors.ts';
import type { DecisionReport } from '../engine/reports.ts';
import type { Service } from '../engine/service.ts';
import type { Approver, Cli } from './cli.ts';
import type { SigningFlags } from './flags.ts';
import { readAll } from './io.ts';
import { readTextFile } from './params.ts';
import { askText } from './prompt.ts';
import { provenCard } from './proven-card.ts';
import { describeMissing } from './render/missing.ts';
import { requireSigner } from './signing.ts';

/** What `approve`, `reject` and `revoke` have in common. */
export interface DecideInput extends SigningFlags {
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly request: string | null;
  readonly reason?: string;
  /** A decision that was signed elsewhere. */
  readonly signature?: string;
  /** A request as a file: decided without reaching the journal. */
  readonly offline?: string;
}

export async function decide(cli: Cli, input: DecideInput): Promise<number> {
  if (input.signature !== undefined) {
    return submitSigned(cli, input.signature);
  }
  return input.offline === undefined
    ? decideHere(cli, input)
    : decideOffline(cli, input, input.offline);
}

/** Signs what the journal proves, hands it in, and keeps the receipt. */
async function decideHere(cli: Cli, input: DecideInput): Promise<number> {
  const command = `runbook ${input.decision}${input.request === null ? '' : ` ${input.request}`}`;
  requireSigner(cli, input, command);
  const service = await cli.openService();
  const approver = await cli.openApprover();
  const file = await readRequest(service, approver, input.request);
  const signed = await sign(cli, { approver, file, input, command });
  const report = await service.decide(signed.signed, 'cli');
  const receipt = approver.keep(signed, report.recorded);
  return tellDecision(cli, report, receipt);
}

/** The file alone, in the approver's own session: what is printed is carried to the journal by hand. */
async function decideOffline(cli: Cli, input: DecideInput, path: string): Promise<number> {
  const command = `runbook ${input.decision} --offline ${path}`;
  requireSigner(cli, input, command);
  const file = parseRequestFile(readTextFile(resolve(cli.io.cwd, path), path), path);
  const approver = await cli.openApprover();
  const signed = await sign(cli, { approver, file, input, command });
  const receipt = approver.keep(signed, null);
  const { decision } = input;
  cli.print(
    { request: signed.content.id, decision, receipt, signed: signed.signed },
    () => `${formatSigned(signed.signed, 'block')}\n`,
  );
  cli.say(`\nreceipt: ${receipt}`);
  cli.say(
    'signed, and not handed in yet: give the block above to whoever waits, or to `runbook approve --signature -`',
  );
  return 0;
}

/** The newest head this approver saw goes along, so that a journal that was rolled back shows. */
async function readRequest(
  service: Service,
  approver: Approver,
  request: string | null,
): Promise<RequestFile> {
  const file = await service.review(request, null);
  const seen = approver.seenSize(file.origin);
  return seen === null ? file : service.review(request, seen);
}

type Proven = ReturnType<Approver['open']>;
type Signed = Awaited<ReturnType<Approver['decide']>> & { readonly content: RequestContent };

interface SignInput {
  readonly approver: Approver;
  readonly file: RequestFile;
  readonly input: DecideInput;
  readonly command: string;
}

async function sign(cli: Cli, { approver, file, input, command }: SignInput): Promise<Signed> {
  const proven = approver.open(file);
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

async function submitSigned(cli: Cli, path: string): Promise<number> {
  const text =
    path === '-' ? await readAll(cli.io.stdin) : readTextFile(resolve(cli.io.cwd, path), path);
  const signed = parseSigned(text);
  const service = await cli.openService();
  return tellDecision(cli, await service.decide(signed, 'offline'), null);
}

const past = { approve: 'approved', reject: 'rejected', revoke: 'revoked' } as const;

function tellDecision(cli: Cli, report: DecisionReport, receipt: string | null): number {
  const { request, decision, person, assurance, missing } = report;
  cli.print({ request, decision, person, assurance, missing, receipt }, () => {
    const { good, bad } = cli.paint.stdout;
    const word = decision === 'approve' ? good(past[decision]) : bad(past[decision]);
    return `${word} by ${person} (${assurance})${report.duplicate ? ', as recorded before' : ''}\n`;
  });
  if (receipt !== null) {
    cli.say(`receipt: ${receipt}`);
  }
  cli.say(whatNow(report));
  return 0;
}

function whatNow({ decision, missing, run }: DecisionReport): string {
  if (decision === 'revoke') {
    return 'the request waits again, until it is decided or expires';
  }
  if (decision === 'reject') {
    return `the run does not go on with this request: \`runbook status ${run}\``;
  }
  const more = describeMissing(missing);
  return more === null
    ? `complete: a waiting \`exec\` goes on by itself; otherwise its owner calls \`runbook resume ${run}\``
    : `still needed: ${more}`;
}
