import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { refuseTogether } from '../flags.ts';
import { openMeter } from '../meter.ts';
import { readTextFile } from '../params.ts';
import { stageNamedFile } from '../write-file.ts';

type ExportInput = Parameters<Service['exportEvidence']>[0];
type Exported = Awaited<ReturnType<Service['exportEvidence']>>;

export function auditExportCommand(cli: Cli): Command {
  return new Command('export')
    .summary('put evidence into one file for an auditor')
    .description(
      'Writes the entries of a run, or all of a range, with their proofs, what people signed, the policy then in force, and what is needed to check it all without runbook. That it was made is recorded.',
    )
    .argument('[run]', 'its id or the beginning of it; left out: the latest')
    .option('--from <place>', 'all entries from this one on: a number, or a time')
    .option('--to <place>', 'up to this one, which is no longer in it')
    .option(
      '--since <file>',
      'a checkpoint that the auditor kept: show that the log goes on from it',
    )
    .addOption(
      new Option('--disclose <what...>', 'what is given away beside the entries')
        .choices(['none', ...disclosable])
        .default(['plans']),
    )
    .option('-o, --out <file>', 'where to write it (default: evidence.tar)', 'evidence.tar')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit export 4f7k -o evidence.tar\n  runbook audit export --from 2026-10-01 --to 2027-01-01 --since last-audit.checkpoint\n  runbook audit export 4f7k --disclose plans outputs',
    )
    .action(async (run: string | undefined, options: ExportOptions) =>
      cli.finish(await runAuditExport(cli, run ?? null, options)),
    );
}

const disclosable = ['plans', 'outputs', 'openings'] as const;

export interface ExportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
  readonly disclose: readonly string[];
  readonly out: string;
}

async function runAuditExport(
  cli: Cli,
  run: string | null,
  options: ExportOptions,
): Promise<number> {
  const { from = null, to = null, since, out } = options;
  refuseTogether({ RUN: run ?? undefined, '--from': from ?? to ?? undefined });
  const service = await cli.openService();
  const meter = openMeter(cli, 'reading');
  const input: ExportInput = {
    run,
    range: from === null && to === null ? null : { from, to },
    since:
      since === undefined
        ? null
        : { file: since, text: readTextFile(resolve(cli.io.cwd, since), since) },
    disclosed: disclosable.filter((what) => options.disclose.includes(what)),
    stage: (bundle) => stageNamedFile(cli, out, bundle),
    progress: meter.progress,
  };
  const exported = await service.exportEvidence(input).finally(() => meter.close());
  cli.print(reportOf(exported, out), () => describe(exported, out));
  return 0;
}

function reportOf({ bundle, ...exported }: Exported, file: string): object {
  return { file, ...exported, bytes: bundle.length };
}

function describe({ digest, entries, size, withheld }: Exported, file: string): string {
  const rest = withheld === 0 ? '' : `; withheld: ${withheld}, listed in withheld.csv`;
  return `wrote ${file}: ${entries} entries of a journal of ${size}${rest}\nSHA-256 ${digest}\n`;
}
