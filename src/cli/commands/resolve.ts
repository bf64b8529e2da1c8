import { Command, Option } from 'commander';
import type { SignedStatement } from '../../approval/statement.ts';
import { UsageError } from '../../base/errors.ts';
import type { Cli } from '../cli.ts';
import { addSigningFlags, type SigningFlags } from '../flags.ts';
import { renderRunReport } from '../render/run-report.ts';
import { signerChoice } from '../signing.ts';
import { resultStyle } from '../styles.ts';

const outcomes = ['succeeded', 'failed', 'retry'] as const;

export function resolveCommand(cli: Cli): Command {
  return addSigningFlags(new Command('resolve'))
    .description(
      'Settles a step that had started and whose outcome nobody knows. Look first what it did. For a privileged step somebody outside the run signs.',
    )
    .argument('<run>', 'the run, or how its id begins')
    .argument('<step>', 'the step')
    .addOption(
      new Option('--outcome <outcome>', 'what became of it; retry runs it again')
        .choices(outcomes)
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'how you know; part of the journal')
    .addHelpText(
      'after',
      '\nExample:\n  runbook resolve 4f7k restart --outcome succeeded --reason "all nodes are up" --key ~/.ssh/id_ed25519',
    )
    .action(async (run: string, step: string, options: ResolveOptions) =>
      cli.finish(await runResolve(cli, { ...options, run, step })),
    );
}

export interface ResolveOptions extends SigningFlags {
  readonly outcome: (typeof outcomes)[number];
  readonly reason: string;
}

export type ResolveRunInput = ResolveOptions & { readonly run: string; readonly step: string };

export async function runResolve(cli: Cli, input: ResolveRunInput): Promise<number> {
  const { run, step, outcome, reason } = input;
  const signed = await signResolution(cli, input);
  const service = await cli.openService();
  const report = await service.resolve({
    run,
    step,
    outcome,
    reason,
    signed: signed?.statement ?? null,
  });
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderRunReport(report, resultStyle(cli), nowMs));
  if (signed !== null) {
    cli.say(`receipt: ${signed.keep()}`);
  }
  return 0;
}

interface SignedResolution {
  readonly statement: SignedStatement;
  keep(): string;
}

/** Null without a key: the service refuses that where the step is privileged. */
async function signResolution(cli: Cli, input: ResolveRunInput): Promise<SignedResolution | null> {
  const choice = signerChoice(cli, input);
  if (choice === null) {
    return null;
  }
  const { run, step, outcome, reason } = input;
  const service = await cli.openService();
  const approver = await cli.openApprover();
  const first = await service.reviewStarted(run, step, null);
  const seen = approver.seenSize(first.origin);
  const proven = approver.open(
    seen === null ? first : await service.reviewStarted(run, step, seen),
  );
  if (proven.content !== null) {
    throw new UsageError({
      code: 'not_started',
      message: `step \`${step}\` has not started: there is nothing to settle`,
    });
  }
  const wanted = proven.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(choice, wanted);
  const signed = await approver.resolve(proven, signer, { outcome, reason });
  return { statement: signed.signed, keep: () => approver.keep(signed, null) };
}
