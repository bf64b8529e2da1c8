import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { renderRunReport } from '../render/run-report.ts';
import { resultStyle } from '../styles.ts';

export function statusCommand(cli: Cli): Command {
  return new Command('status')
    .description('Shows where a run stands: its steps, what it waits for, and what to do next.')
    .argument('[run]', 'the run, or how its id begins; without it the latest')
    .addHelpText('after', '\nExamples:\n  runbook status\n  runbook status 4f7k --json')
    .action(async (run: string | undefined) => cli.finish(await runStatus(cli, run ?? null)));
}

export async function runStatus(cli: Cli, run: string | null): Promise<number> {
  const service = await cli.openService();
  const report = await service.status(run);
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderRunReport(report, resultStyle(cli), nowMs));
  return 0;
}
