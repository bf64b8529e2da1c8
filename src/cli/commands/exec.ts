import { Command } from 'commander';
import { gatherParams } from '../ask-params.ts';
import type { Cli } from '../cli.ts';
import { driveRun, openDriver, waitOf } from '../drive.ts';
import { addParamFlags, addWaitFlags, type WaitFlags } from '../flags.ts';
import type { ParamFlags } from '../params.ts';
import { openRunbook } from '../runbooks.ts';
import { addStartFlags, type StartFlags, startInput } from '../start-input.ts';
import { notBuiltYet } from '../usage.ts';
import { runPlan } from './plan.ts';

export function execCommand(cli: Cli): Command {
  if (cli.argv.includes('--')) {
    throw notBuiltYet('runbook exec -- COMMAND');
  }
  return addWaitFlags(addStartFlags(addParamFlags(new Command('exec'))))
    .description(
      'Runs a runbook. Before each privileged step it stops until another person has approved exactly what will run: on a terminal it waits there, elsewhere it exits with 10 and `resume` goes on.',
    )
    .argument('<runbook>', 'its name, or a file')
    .option('--dry-run', 'the same as `runbook plan`')
    .addHelpText(
      'after',
      `
Prints one line on stdout, \`RUN STATUS\`; progress is on stderr.

Examples:
  runbook exec restart-cluster -p cluster=demo
  runbook exec ./fix.yaml -e prod --reason "disk full" --ticket OPS-12
  runbook exec restart-cluster --no-wait --json`,
    )
    .action(async (runbook: string, options: ExecOptions) =>
      cli.finish(await runExec(cli, runbook, options)),
    );
}

export interface ExecOptions extends ParamFlags, StartFlags, WaitFlags {
  readonly dryRun?: true;
}

export async function runExec(cli: Cli, name: string, options: ExecOptions): Promise<number> {
  if (options.dryRun === true) {
    return runPlan(cli, name, options);
  }
  const opened = await openRunbook(cli, name);
  const given = await gatherParams(cli, opened.runbook, options);
  const wait = waitOf(cli, options);
  const service = await openDriver(cli, wait);
  const run = await service.start(startInput(opened, given, options));
  return driveRun(cli, run, wait);
}
