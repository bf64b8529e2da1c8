import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { gatherParams } from '../ask-params.ts';
import type { Cli } from '../cli.ts';
import { driveRun, openDriver, waitOf } from '../drive.ts';
import { driveBreaking } from '../drive-breaking.ts';
import { addParamFlags, addWaitFlags, refuseTogether, type WaitFlags } from '../flags.ts';
import type { ParamFlags } from '../params.ts';
import { openRunbook } from '../runbooks.ts';
import { signerChoice } from '../signing.ts';
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
    .option('--key <file>', 'with --break-glass: sign at once, with this key of yours')
    .option('--ssh-agent', 'with --break-glass: sign at once, with a key that your SSH agent holds')
    .addHelpText(
      'after',
      `
Prints one line on stdout, \`RUN STATUS\`; progress is on stderr.

Examples:
  runbook exec restart-cluster -p cluster=demo
  runbook exec ./fix.yaml -e prod --reason "disk full" --ticket OPS-12
  runbook exec restart-cluster --no-wait --json
  runbook exec restart-cluster --break-glass night --reason "payments are down" --key ~/.ssh/id_ed25519`,
    )
    .action(async (runbook: string, options: ExecOptions) =>
      cli.finish(await runExec(cli, runbook, options)),
    );
}

export interface ExecOptions extends ParamFlags, StartFlags, WaitFlags {
  readonly dryRun?: true;
  readonly key?: string;
  readonly sshAgent?: true;
}

export async function runExec(cli: Cli, name: string, options: ExecOptions): Promise<number> {
  refuseKeyAlone(options);
  if (options.dryRun === true) {
    return runPlan(cli, name, options);
  }
  const opened = await openRunbook(cli, name);
  const given = await gatherParams(cli, opened.runbook, options);
  const wait = waitOf(cli, options);
  const service = await openDriver(cli, wait);
  const run = await service.start(startInput(opened, given, options));
  return signerChoice(cli, options) === null
    ? driveRun(cli, run, wait)
    : driveBreaking(cli, run, { flags: options, reason: options.reason ?? null, wait });
}

/** A key that nothing is signed with would look as if it had approved. Throws UsageError `flags_conflict`. */
function refuseKeyAlone({ key, sshAgent, breakGlass }: ExecOptions): void {
  refuseTogether({ '--key': key, '--ssh-agent': sshAgent });
  if ((key !== undefined || sshAgent === true) && breakGlass === undefined) {
    throw new UsageError({
      code: 'flags_conflict',
      message: `\`${key === undefined ? '--ssh-agent' : '--key'}\` goes with \`--break-glass\`: nobody else signs their own steps`,
    });
  }
}
