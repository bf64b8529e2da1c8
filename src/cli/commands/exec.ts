import { Command } from 'commander';
import { gatherParams } from '../ask-params.ts';
import type { Cli } from '../cli.ts';
import { driveRun, openDriver, waitOf } from '../drive.ts';
import { driveBreaking } from '../drive-breaking.ts';
import { addParamFlags, addWaitFlags, refuseTogether, type WaitFlags } from '../flags.ts';
import type { ParamFlags } from '../params.ts';
import { openRunbook } from '../runbooks.ts';
import { type AsFlags, addAsFlag, refuseKeyAlone, signStart } from '../sign-start.ts';
import { signerChoice } from '../signing.ts';
import { addStartFlags, type StartFlags, startInput } from '../start-input.ts';
import { notBuiltYet } from '../usage.ts';
import { runPlan } from './plan.ts';

export function execCommand(cli: Cli): Command {
  if (cli.argv.includes('--')) {
    throw notBuiltYet('runbook exec -- COMMAND');
  }
  return addWaitFlags(addAsFlag(addStartFlags(addParamFlags(new Command('exec')))))
    .description(
      'Runs a runbook. Before each privileged step it stops until another person has approved exactly what will run: on a terminal it waits there, elsewhere it exits with 10 and `resume` goes on.',
    )
    .argument('<runbook>', 'its name, or a file')
    .option('--dry-run', 'the same as `runbook plan`')
    .option('--key <file>', 'with --as or --break-glass: sign with this key of yours')
    .option('--ssh-agent', 'with --as or --break-glass: sign with a key that your SSH agent holds')
    .addHelpText(
      'after',
      `
Prints one line on stdout, \`RUN STATUS\`; progress is on stderr.

Examples:
  runbook exec restart-cluster -p cluster=demo
  runbook exec ./fix.yaml -e prod --reason "disk full" --ticket OPS-12
  runbook exec restart-cluster --no-wait --json
  runbook exec restart-cluster --as ana --key /media/ana/id_ed25519
  runbook exec restart-cluster --break-glass night --reason "payments are down" --key ~/.ssh/id_ed25519`,
    )
    .action(async (runbook: string, options: ExecOptions) =>
      cli.finish(await runExec(cli, runbook, options)),
    );
}

export interface ExecOptions extends ParamFlags, StartFlags, WaitFlags, AsFlags {
  readonly dryRun?: true;
}

export async function runExec(cli: Cli, name: string, options: ExecOptions): Promise<number> {
  refuseKeys(options);
  if (options.dryRun === true) {
    return runPlan(cli, name, options);
  }
  const opened = await openRunbook(cli, name);
  const given = await gatherParams(cli, opened.runbook, options);
  const wait = waitOf(cli, options);
  const service = await openDriver(cli, wait);
  const input = startInput(opened, given, options);
  const run = await service.start(await signStart(cli, service, { flags: options, input }));
  return options.breakGlass === undefined || signerChoice(cli, options) === null
    ? driveRun(cli, run, wait)
    : driveBreaking(cli, run, { flags: options, reason: options.reason ?? null, wait });
}

function refuseKeys(options: ExecOptions): void {
  const { key, sshAgent, breakGlass } = options;
  refuseTogether({ '--key': key, '--ssh-agent': sshAgent });
  if (breakGlass === undefined) {
    refuseKeyAlone(options, '`--as NAME` or `--break-glass RULE`');
  }
}
