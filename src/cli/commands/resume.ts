import { Command } from 'commander';
import { givenParams } from '../ask-params.ts';
import type { Cli } from '../cli.ts';
import { driveRun, keepingRun, openDriver, waitOf } from '../drive.ts';
import { addParamFlags, addWaitFlags, refuseTogether, type WaitFlags } from '../flags.ts';
import type { ParamFlags } from '../params.ts';
import { type AsFlags, addAsFlag, refuseKeyAlone, signResume } from '../sign-start.ts';

export function resumeCommand(cli: Cli): Command {
  return addAsFlag(addWaitFlags(addParamFlags(new Command('resume'))))
    .description(
      'Goes on with a run that stopped: at a gate, after a crash, or after its approval expired. Whoever resumes joins the run, and can no longer approve in it.',
    )
    .argument('[run]', 'the run, or how its id begins; without it the latest')
    .option('--key <file>', 'with --as: sign with this key of yours')
    .option('--ssh-agent', 'with --as: sign with a key that your SSH agent holds')
    .addHelpText(
      'after',
      '\nSecrets are never stored: give them again, with -p, --params-file or RUNBOOK_PARAM_NAME.\n\nExample:\n  runbook resume 4f7k',
    )
    .action(async (run: string | undefined, options: ResumeOptions) =>
      cli.finish(await runResume(cli, run ?? null, options)),
    );
}

export type ResumeOptions = ParamFlags & WaitFlags & AsFlags;

export async function runResume(
  cli: Cli,
  run: string | null,
  options: ResumeOptions,
): Promise<number> {
  refuseTogether({ '--key': options.key, '--ssh-agent': options.sshAgent });
  refuseKeyAlone(options, '`--as NAME`');
  const given = await givenParams(cli, options, () => true);
  const wait = waitOf(cli, options);
  const service = await openDriver(cli, wait);
  const resumed = await keepingRun(cli, { service, run }, async () =>
    service.resume(await signResume(cli, service, { flags: options, input: { run, given } })),
  );
  return driveRun(cli, resumed, wait);
}
