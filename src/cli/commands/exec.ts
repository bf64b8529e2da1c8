import { Command } from 'commander';
import {
  type AdHocFlags,
  addAdHocFlags,
  adHocRunbook,
  commandBehind,
  refuseAdHocFlags,
} from '../ad-hoc.ts';
import { gatherParams } from '../ask-params.ts';
import type { Cli } from '../cli.ts';
import { driveRun, openDriver, waitOf } from '../drive.ts';
import { driveBreaking } from '../drive-breaking.ts';
import { addParamFlags, addWaitFlags, refuseTogether, type WaitFlags } from '../flags.ts';
import type { ParamFlags } from '../params.ts';
import { type OpenRunbook, openRunbook } from '../runbooks.ts';
import { type AsFlags, addAsFlag, refuseKeyAlone, signStart } from '../sign-start.ts';
import { signerChoice } from '../signing.ts';
import { addAtFlag, addStartFlags, type StartFlags, startInput } from '../start-input.ts';
import { argumentMissing } from '../usage.ts';
import { printPlan } from './plan.ts';

export function execCommand(cli: Cli): Command {
  const command = addAtFlag(addStartFlags(addParamFlags(new Command('exec'))), cli);
  return addAdHocFlags(addWaitFlags(addAsFlag(command)))
    .usage('[options] RUNBOOK | -- COMMAND [ARG…]')
    .description(
      'Runs a runbook, or one command as a runbook of one step. Before each privileged step it stops until another person has approved exactly what will run: on a terminal it waits there, elsewhere it exits with 10 and `resume` goes on.',
    )
    .argument('[runbook]', 'its name, or a file')
    .option('--dry-run', 'the same as `runbook plan`')
    .option('--plan-only', 'the same as --dry-run')
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
  runbook exec restart-cluster --at 22:00
  runbook exec -e prod --reason "OPS-12" -- kubectl delete pod web-7
  runbook exec --plan-only -- kubectl delete pod web-7
  runbook exec restart-cluster --as ana --key /media/ana/id_ed25519
  runbook exec restart-cluster --break-glass night --reason "payments are down" --key ~/.ssh/id_ed25519`,
    )
    .action(async (runbook: string | undefined, options: ExecOptions) =>
      cli.finish(await runExec(cli, runbook, options)),
    );
}

export interface ExecOptions extends ParamFlags, StartFlags, WaitFlags, AsFlags, AdHocFlags {
  readonly dryRun?: true;
  readonly planOnly?: true;
}

export async function runExec(
  cli: Cli,
  name: string | undefined,
  options: ExecOptions,
): Promise<number> {
  refuseKeys(options);
  const opened = await openWhat(cli, name, options);
  if (options.dryRun === true || options.planOnly === true) {
    return printPlan(cli, opened, options);
  }
  const given = await gatherParams(cli, opened.runbook, options);
  const wait = waitOf(cli, options);
  const service = await openDriver(cli, wait);
  const input = startInput(opened, given, options);
  const run = await service.start(await signStart(cli, service, { flags: options, input }));
  return options.breakGlass === undefined || signerChoice(cli, options) === null
    ? driveRun(cli, run, wait)
    : driveBreaking(cli, run, { flags: options, reason: options.reason ?? null, wait });
}

/** The runbook that is named, or the one that a command behind `--` makes. */
async function openWhat(
  cli: Cli,
  name: string | undefined,
  options: ExecOptions,
): Promise<OpenRunbook> {
  const command = commandBehind(cli.argv);
  if (command === null) {
    refuseAdHocFlags(options);
    if (name === undefined) {
      throw argumentMissing('exec', 'runbook');
    }
    return openRunbook(cli, name);
  }
  refuseTogether({ [name ?? '']: name, '--': command });
  return adHocRunbook(cli, command, options);
}

function refuseKeys(options: ExecOptions): void {
  const { key, sshAgent, breakGlass } = options;
  refuseTogether({ '--key': key, '--ssh-agent': sshAgent });
  if (breakGlass === undefined) {
    refuseKeyAlone(options, '`--as NAME` or `--break-glass RULE`');
  }
}
