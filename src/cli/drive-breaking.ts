import type { RequestId, RunId } from '../base/ids.ts';
import type { RunReport } from '../engine/reports.ts';
import type { DriveOptions, Listener, Service } from '../engine/service.ts';
import type { Cli } from './cli.ts';
import { actOnRun, endRun, openDriver } from './drive.ts';
import type { SigningFlags } from './flags.ts';
import { decideSigned } from './sign-decision.ts';

/** Whoever breaks the glass, and with which key. */
export interface Breaking {
  readonly flags: SigningFlags;
  readonly reason: string | null;
  readonly wait: DriveOptions['wait'];
}

/**
 * Drives a run that breaks the glass, and signs in its owner's name what only they need sign: each such
 * request is shown, signed with their own key, and the run goes on. Every other gate is as always.
 */
export async function driveBreaking(cli: Cli, run: RunId, breaking: Breaking): Promise<number> {
  const { wait } = breaking;
  const service = await openDriver(cli, wait);
  const { signal, hurry } = cli.io.interrupts.take();
  const report = await actOnRun(cli, { service, run, prompts: false }, async (listener) => {
    const quiet = exceptOwn(listener);
    const drive = (until: DriveOptions['wait']): Promise<RunReport> =>
      service.drive(run, { wait: until, listener: quiet, signal, hurry });
    const stopped = await signAll(cli, service, { breaking, drive });
    return stopped.status === 'waiting' && wait !== 'stop' ? drive(wait) : stopped;
  });
  return endRun(cli, report);
}

/** What is signed here shows its own card. */
function exceptOwn(listener: Listener): Listener {
  return {
    recorded: (entry) => listener.recorded(entry),
    output: (step, stream, chunk) => listener.output(step, stream, chunk),
    delayed: (step, ms) => listener.delayed(step, ms),
    waiting: (detail) => {
      if (detail.content.break_glass === null) {
        listener.waiting(detail);
      }
    },
  };
}

async function signAll(
  cli: Cli,
  service: Service,
  {
    breaking,
    drive,
  }: {
    readonly breaking: Breaking;
    readonly drive: (until: DriveOptions['wait']) => Promise<RunReport>;
  },
): Promise<RunReport> {
  const signed = new Set<RequestId>();
  for (;;) {
    const report = await drive('stop');
    const request = await findOwn(service, report, signed);
    if (request === null) {
      return report;
    }
    signed.add(request);
    await signOwn(cli, service, { request, breaking });
  }
}

/** Each once: what one signature does not suffice for waits for others, as every request does. */
async function findOwn(
  service: Service,
  { requests }: RunReport,
  signed: ReadonlySet<RequestId>,
): Promise<RequestId | null> {
  for (const { request } of requests.filter((open) => !signed.has(open.request))) {
    if ((await service.describeRequest(request)).content.break_glass !== null) {
      return request;
    }
  }
  return null;
}

async function signOwn(
  cli: Cli,
  service: Service,
  { request, breaking }: { readonly request: RequestId; readonly breaking: Breaking },
): Promise<void> {
  const { flags, reason } = breaking;
  const input = { ...flags, decision: 'approve' as const, ...(reason === null ? {} : { reason }) };
  const command = `runbook approve ${request}`;
  const { report, receipt } = await decideSigned(cli, service, { request, input, command });
  cli.say(`BREAK-GLASS: signed by ${report.person}; once it starts, somebody else owes a review`);
  cli.say(`receipt: ${receipt}`);
}
