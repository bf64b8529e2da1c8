import { Command } from 'commander';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { RunSummary } from '../../engine/reports.ts';
import type { Cli } from '../cli.ts';
import { countFlag } from '../flags.ts';
import { describeGlass } from '../render/run-report.ts';
import { formatInstant } from '../render/span.ts';
import { paintStatus, type Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export function runsCommand(cli: Cli): Command {
  return new Command('runs')
    .description('Lists runs, the latest first.')
    .option('--limit <n>', 'how many', countFlag, 20)
    .addHelpText('after', '\nExamples:\n  runbook runs\n  runbook runs --limit 100 --json')
    .action(async (options: RunsOptions) => cli.finish(await runRuns(cli, options)));
}

export interface RunsOptions {
  readonly limit: number;
}

export async function runRuns(cli: Cli, { limit }: RunsOptions): Promise<number> {
  const service = await cli.openService();
  const runs = await service.runs(limit);
  cli.print({ runs }, () => renderRuns(runs, resultStyle(cli)));
  if (runs.length === 0) {
    cli.say('no runs yet: `runbook list` shows what there is to run');
  }
  return 0;
}

function renderRuns(runs: readonly RunSummary[], { paint, columns }: Style): string {
  return renderTable(
    runs.map((run) => [
      { text: run.run },
      { text: run.status, paint: (text) => paintStatus(run.status, paint, text) },
      {
        text:
          run.command === undefined ? run.runbook : `${run.runbook}: ${sanitizeLine(run.command)}`,
        paint: paint.strong,
      },
      { text: run.environment },
      {
        text: `${formatInstant(run.started)} ${run.caller}${glassOf(run)}`,
        paint: run.glass_broken ? paint.bad : paint.quiet,
      },
    ]),
    columns,
  );
}

function glassOf(run: RunSummary): string {
  const glass = describeGlass(run);
  return glass === null ? '' : ` ${glass}`;
}
