import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { endRun } from '../drive.ts';
import { durationFlag } from '../flags.ts';

export function waitCommand(cli: Cli): Command {
  return new Command('wait')
    .description(
      "Waits until a run ends, without driving it, and exits with the run's code: 10 where it still waits for a person when the time is up.",
    )
    .argument('[run]', 'the run, or how its id begins; without it the latest')
    .option('--timeout <duration>', 'how long at most, such as 30m', durationFlag)
    .addHelpText('after', '\nExample:\n  runbook wait 4f7k --timeout 30m --json')
    .action(async (run: string | undefined, options: WaitOptions) =>
      cli.finish(await runWait(cli, run ?? null, options)),
    );
}

export interface WaitOptions {
  readonly timeout?: number;
}

export async function runWait(cli: Cli, run: string | null, options: WaitOptions): Promise<number> {
  const service = await cli.openService();
  const { signal } = cli.io.interrupts.take();
  return endRun(cli, await service.wait(run, options.timeout ?? null, signal));
}
