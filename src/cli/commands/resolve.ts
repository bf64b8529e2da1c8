import { Command, Option } from 'commander';
import { writeExported } from '../carry.ts';
import type { Cli } from '../cli.ts';
import {
  addSigningFlags,
  refuseBeside,
  refuseSigningTogether,
  type SigningFlags,
} from '../flags.ts';
import { handInSettlement, type Settlement, settleHere, settleOffline } from '../settle.ts';
import { argumentMissing, optionMissing } from '../usage.ts';

const outcomes = ['succeeded', 'failed', 'retry'] as const;

export function resolveCommand(cli: Cli): Command {
  return addSigningFlags(new Command('resolve'), 'resolve --export')
    .description(
      'Settles a step that had started and whose outcome nobody knows. Look first what it did. For a privileged step somebody outside the run signs.',
    )
    .argument('[run]', 'the run, or how its id begins')
    .argument('[step]', 'the step')
    .addOption(
      new Option(
        '--outcome <outcome>',
        'what became of it, or retry, which runs it again; part of what is signed',
      ).choices(outcomes),
    )
    .option('--reason <text>', 'how you know; part of what is signed')
    .option(
      '--export <file>',
      'write the started step, with proofs, as a file for `resolve --offline` (- writes to stdout)',
    )
    .addHelpText(
      'after',
      `
RUN, STEP, --outcome and --reason are needed, but with --offline, which has RUN
and STEP, with --signature, which has all of them, and with --export.

Examples:
  runbook resolve 4f7k restart --outcome succeeded --reason "all nodes are up" --key ~/.ssh/id_ed25519
  runbook resolve 4f7k restart --export started.json
  runbook resolve --offline started.json --outcome failed --reason "no node came back" --ssh-agent > resolution.txt
  runbook resolve --signature resolution.txt`,
    )
    .action(async (run: string | undefined, step: string | undefined, options: ResolveOptions) =>
      cli.finish(await runResolve(cli, { ...options, run: run ?? null, step: step ?? null })),
    );
}

export interface ResolveOptions extends SigningFlags {
  readonly outcome?: (typeof outcomes)[number];
  readonly reason?: string;
  readonly export?: string;
}

export type ResolveRunInput = ResolveOptions & {
  readonly run: string | null;
  readonly step: string | null;
};

export async function runResolve(cli: Cli, input: ResolveRunInput): Promise<number> {
  const { run, step, signature, offline } = input;
  refuseTogether(input);
  if (signature !== undefined) {
    return handInSettlement(cli, { run, step }, signature);
  }
  if (offline !== undefined) {
    return settleOffline(cli, input, { ...settlementOf(input), path: offline });
  }
  const started = startedOf(input);
  return input.export === undefined
    ? settleHere(cli, input, { ...settlementOf(input), ...started })
    : exportStarted(cli, started, input.export);
}

function refuseTogether(input: ResolveRunInput): void {
  const { key, sshAgent, offline, signature } = input;
  const words = { '--outcome': input.outcome, '--reason': input.reason };
  refuseSigningTogether(input, { argument: { RUN: input.run ?? undefined }, words });
  refuseBeside(
    { '--export': input.export },
    {
      '--key': key,
      '--ssh-agent': sshAgent,
      '--offline': offline,
      '--signature': signature,
      ...words,
    },
  );
}

function startedOf({ run, step }: ResolveRunInput): { run: string; step: string } {
  if (run === null || step === null) {
    throw argumentMissing('resolve', run === null ? 'run' : 'step');
  }
  return { run, step };
}

function settlementOf({ outcome, reason }: ResolveRunInput): Settlement {
  if (outcome === undefined || reason === undefined) {
    throw optionMissing(
      'resolve',
      outcome === undefined ? '--outcome <outcome>' : '--reason <text>',
    );
  }
  return { outcome, reason };
}

async function exportStarted(
  cli: Cli,
  { run, step }: { readonly run: string; readonly step: string },
  path: string,
): Promise<number> {
  const service = await cli.openService();
  writeExported(cli, await service.reviewStarted(run, step, null), {
    path,
    signing: `runbook resolve --offline ${path} --outcome succeeded|failed|retry --reason TEXT --key ~/.ssh/id_ed25519`,
  });
  return 0;
}
