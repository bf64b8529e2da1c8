import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { durationFlag } from '../flags.ts';
import { openMeter } from '../meter.ts';
import { renderSync } from '../render/sync.ts';
import { resultStyle } from '../styles.ts';

export function auditSyncCommand(cli: Cli): Command {
  return new Command('sync')
    .summary('bring the copies of the journal up to date')
    .description(
      'Sends every sink what it lacks, and asks each what it has. Exits with 18 where some are behind, and with 14 where one has a history that is not this journal.',
    )
    .argument('[sink...]', 'their names in config.yaml; left out: all of them')
    .option('--timeout <duration>', 'how long to try (default: 30s)', durationFlag, 30_000)
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit sync\n  runbook audit sync office_witness --timeout 10m --json',
    )
    .action(async (sinks: string[], options: { timeout: number }) =>
      cli.finish(await runAuditSync(cli, { sinks, timeoutMs: options.timeout })),
    );
}

async function runAuditSync(
  cli: Cli,
  input: { readonly sinks: readonly string[]; readonly timeoutMs: number },
): Promise<number> {
  const service = await cli.openService();
  const meter = openMeter(cli, 'sending');
  const done = new Map<string, number>();
  const progress = (sink: string, acknowledged: number, of: number): void => {
    done.set(sink, acknowledged);
    // The slowest says how long it will take.
    meter.progress(Math.min(...done.values()), of);
  };
  const report = await service.syncSinks({ ...input, progress }).finally(() => meter.close());
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderSync(report, resultStyle(cli), nowMs));
  return report.exit_code;
}
