import { parseResolution, type SignedStatement } from '../approval/statement/statement.ts';
import type { ResolveInput } from '../engine/service.ts';
import { printSigned, readExported, readSigned } from './carry.ts';
import type { Approver, Cli, SignerChoice } from './cli.ts';
import type { SigningFlags } from './flags.ts';
import { provenStartedCard } from './proven-card.ts';
import { renderRunReport } from './render/run-report.ts';
import { requireSigner, signerChoice } from './signing.ts';
import { resultStyle } from './styles.ts';

/** What somebody found, and how they know. */
export type Settlement = Pick<ResolveInput, 'outcome' | 'reason'>;

/** Settles a step here: signed where a key is named, else by the caller's word, which a privileged step refuses. */
export async function settleHere(
  cli: Cli,
  flags: SigningFlags,
  input: Omit<ResolveInput, 'signed'>,
): Promise<number> {
  const choice = signerChoice(cli, flags);
  const signed = choice === null ? null : await signHere(cli, choice, input);
  const exitCode = await submit(cli, { ...input, signed: signed?.signed ?? null });
  if (signed !== null) {
    cli.say(`receipt: ${signed.keep()}`);
  }
  return exitCode;
}

/** The file alone, in the approver's own session: what is printed is carried to the journal by hand. */
export async function settleOffline(
  cli: Cli,
  flags: SigningFlags,
  { path, outcome, reason }: Settlement & { readonly path: string },
): Promise<number> {
  const choice = requireSigner(cli, flags, `runbook resolve --offline ${path} …`);
  const approver = await cli.openApprover();
  const proven = approver.open(readExported(cli, path));
  const { signed, keep } = await sign(cli, { approver, proven, choice, outcome, reason });
  const { run, step } = parseResolution(signed.statement);
  printSigned(cli, 'resolve', { about: { run, step, outcome }, receipt: keep(), signed });
  return 0;
}

/** Hands in what was signed elsewhere: it says itself what it settles, and how. */
export async function handInSettlement(
  cli: Cli,
  of: { readonly run: string | null; readonly step: string | null },
  path: string,
): Promise<number> {
  const signed = await readSigned(cli, path, 'resolve');
  const { run, step, outcome, reason } = parseResolution(signed.statement);
  return submit(cli, { run: of.run ?? run, step: of.step ?? step, outcome, reason, signed });
}

async function submit(cli: Cli, input: ResolveInput): Promise<number> {
  const service = await cli.openService();
  const report = await service.resolve(input);
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderRunReport(report, resultStyle(cli), nowMs));
  return 0;
}

interface Signed {
  readonly signed: SignedStatement;
  /** Keeps the receipt; answers its path. */
  readonly keep: () => string;
}

async function signHere(
  cli: Cli,
  choice: SignerChoice,
  { run, step, outcome, reason }: Omit<ResolveInput, 'signed'>,
): Promise<Signed> {
  const service = await cli.openService();
  const approver = await cli.openApprover();
  const proven = await approver.read((seen) => service.reviewStarted(run, step, seen));
  return sign(cli, { approver, proven, choice, outcome, reason });
}

async function sign(
  cli: Cli,
  of: Settlement & {
    readonly approver: Approver;
    readonly proven: ReturnType<Approver['open']>;
    readonly choice: SignerChoice;
  },
): Promise<Signed> {
  const { approver, proven, choice, outcome, reason } = of;
  const card = provenStartedCard(cli, proven);
  if (cli.settings.output === 'text') {
    cli.io.stderr.write(`${card}\n`);
  }
  const wanted = proven.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(choice, wanted);
  const signed = await approver.resolve(proven, signer, { outcome, reason });
  return { signed: signed.signed, keep: () => approver.keep(signed, null) };
}
