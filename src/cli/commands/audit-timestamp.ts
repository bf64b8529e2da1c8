import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { Cli } from '../cli.ts';
import { durationFlag } from '../flags.ts';
import { renderSync } from '../render/sync.ts';
import { resultStyle } from '../styles.ts';

export function auditTimestampCommand(cli: Cli): Command {
  return new Command('timestamp')
    .summary("have the journal's newest head timestamped")
    .description(
      'Asks the timestamp authorities that config.yaml names (`kind: timestamp`) for a token (RFC 3161) over the newest head, unless they have given one. Runs ask by themselves when they end; `runbook audit verify` checks the tokens offline.',
    )
    .option('--timeout <duration>', 'how long to try (default: 30s)', durationFlag, 30_000)
    .addHelpText('after', '\nExample:\n  runbook audit timestamp')
    .action(async (options: { timeout: number }) =>
      cli.finish(await runAuditTimestamp(cli, options.timeout)),
    );
}

async function runAuditTimestamp(cli: Cli, timeoutMs: number): Promise<number> {
  const service = await cli.openService();
  const only = { sinks: [], kind: 'timestamp', timeoutMs } as const;
  const report = await service.syncSinks({ ...only, progress: () => undefined });
  if (report.sinks.length === 0) {
    throw new UsageError({
      code: 'no_authority',
      message: 'no timestamp authority is configured',
      hint: 'under `sinks` in `config.yaml`: `tsa: { kind: timestamp, url: …, ca: FILE }`',
    });
  }
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderSync(report, resultStyle(cli), nowMs));
  return report.exit_code;
}
