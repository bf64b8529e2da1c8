import { Command } from 'commander';
import type { RunReport } from '../../engine/reports.ts';
import type { Listener } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { actOnRun, endRun } from '../drive.ts';
import { silent } from '../telling.ts';

export function cancelCommand(cli: Cli): Command {
  return new Command('cancel')
    .description(
      'Stops a run for good. Whoever drives it ends its step; where nobody does, it ends here. Nothing is rolled back by itself.',
    )
    .argument('[run]', 'the run, or how its id begins; without it the latest')
    .option('--reason <text>', 'why, for the journal')
    .addHelpText('after', '\nExample:\n  runbook cancel 4f7k --reason "wrong cluster"')
    .action(async (run: string | undefined, options: CancelOptions) =>
      cli.finish(await runCancel(cli, run ?? null, options)),
    );
}

export interface CancelOptions {
  readonly reason?: string;
}

/** Exits 0 once the run is cancelled: that is what was asked for. */
export async function runCancel(
  cli: Cli,
  run: string | null,
  options: CancelOptions,
): Promise<number> {
  const service = await cli.openService();
  const { run: id, terminal } = await service.status(run);
  const { signal, hurry } = cli.io.interrupts.take();
  const cancel = (listener: Listener): Promise<RunReport> =>
    service.cancel(id, options.reason ?? null, { wait: 'stop', listener, signal, hurry });
  // What has ended is refused, and there is nothing to tell of it.
  const report = terminal
    ? await cancel(silent)
    : await actOnRun(cli, { service, run: id, prompts: false }, cancel);
  const code = endRun(cli, report);
  return report.status === 'cancelled' ? 0 : code;
}
