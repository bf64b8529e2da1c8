import type { Command } from 'commander';
import type { StartMeant } from '../approval/court/judge-start.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import { UsageError } from '../base/errors.ts';
import { newRunId } from '../base/ids.ts';
import type { ResumeInput, Service, StartInput } from '../engine/service.ts';
import { signedAsk } from '../run/signed-ask.ts';
import type { Cli } from './cli.ts';
import type { SigningFlags } from './flags.ts';
import { requireSigner } from './signing.ts';

/** Who says that it is them who starts or resumes, and with which key. */
export interface AsFlags extends Pick<SigningFlags, 'key' | 'sshAgent'> {
  readonly as?: string;
}

export function addAsFlag(command: Command): Command {
  return command.option(
    '--as <name>',
    'sign with --key or --ssh-agent that it is you, where several people share this account',
  );
}

/** A start under its caller's own signature: its id is chosen first, so that it is signed for this run alone. */
export async function signStart(
  cli: Cli,
  service: Service,
  { flags, input }: { readonly flags: AsFlags; readonly input: StartInput },
): Promise<StartInput> {
  if (flags.as === undefined) {
    return input;
  }
  const run = newRunId();
  // Which environment it is where none was named, only the journal's own configuration says.
  const { plan } = await service.plan({ ...input, run });
  const { name: runbook, source } = plan.runbook;
  const { reason } = input;
  const asked = signedAsk(input, plan.params);
  const what = { run, runbook, source, environment: plan.environment.name, reason, asked };
  const signed = await sign(cli, service, { flags, meant: { act: 'start', ...what } });
  return { ...input, run, signed };
}

/** A resumption likewise. */
export async function signResume(
  cli: Cli,
  service: Service,
  { flags, input }: { readonly flags: AsFlags; readonly input: ResumeInput },
): Promise<ResumeInput> {
  if (flags.as === undefined) {
    return input;
  }
  const { run, runbook, environment } = await service.status(input.run);
  const what = { run, runbook, source: null, environment, reason: null, asked: null };
  const signed = await sign(cli, service, { flags, meant: { act: 'resume', ...what } });
  return { ...input, run, signed };
}

/** A key that nothing is signed with would look as if it had approved. Throws UsageError `flags_conflict`. */
export function refuseKeyAlone({ as, key, sshAgent }: AsFlags, others: string): void {
  if (as === undefined && (key !== undefined || sshAgent === true)) {
    throw new UsageError({
      code: 'flags_conflict',
      message: `\`${key === undefined ? '--ssh-agent' : '--key'}\` goes with ${others}: nobody else signs their own run`,
    });
  }
}

async function sign(
  cli: Cli,
  service: Service,
  { flags, meant }: { readonly flags: AsFlags; readonly meant: StartMeant },
): Promise<SignedStatement> {
  const { as: person = '' } = flags;
  const choice = requireSigner(cli, flags, `runbook … --as ${person}`);
  const approver = await cli.openApprover();
  const head = await approver.read((seen) => service.reviewHead(person, seen));
  const wanted = head.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(choice, wanted);
  const signed = await approver.start(head, signer, meant);
  cli.say(`receipt: ${approver.keep(signed, null)}`);
  return signed.signed;
}
