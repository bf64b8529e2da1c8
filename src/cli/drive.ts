import { RunbookError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import { wrapText } from '../base/wrap.ts';
import type { RunReport, RunStatus } from '../engine/reports.ts';
import type { DriveOptions, Listener, Service } from '../engine/service.ts';
import type { Cli } from './cli.ts';
import type { WaitFlags } from './flags.ts';
import { describeAsks, renderNext } from './render/run-report.ts';
import { paintStatus } from './render/style.ts';
import { talkStyle } from './styles.ts';
import { type Told, telling } from './telling.ts';

/**
 * What to do at a gate. On a terminal somebody watches, so the run waits until the request expires;
 * elsewhere nobody may sit and wait, so it stops (10) and is resumed later.
 */
export function waitOf(cli: Cli, { wait }: WaitFlags): DriveOptions['wait'] {
  if (wait === false) {
    return 'stop';
  }
  if (wait !== undefined) {
    return { ms: wait };
  }
  return cli.settings.interactive ? 'expiry' : 'stop';
}

/** The service for a run that may wait here: with the terminal, where a waiting run may talk to it. */
export async function openDriver(cli: Cli, wait: DriveOptions['wait']): Promise<Service> {
  return cli.openService(promptsAtGate(cli, wait));
}

/** Drives a run, says how it goes, and ends with its exit code. */
export async function driveRun(cli: Cli, run: RunId, wait: DriveOptions['wait']): Promise<number> {
  const service = await openDriver(cli, wait);
  const { signal, hurry } = cli.io.interrupts.take();
  // Nobody can be asked here by a run that waits elsewhere.
  const prompts = promptsAtGate(cli, wait) && (await cli.server()) === null;
  const told = { service, run, prompts };
  const report = await actOnRun(cli, told, (listener) =>
    service.drive(run, { wait, listener, signal, hurry }),
  );
  return endRun(cli, report);
}

/** Does something with a run, and tells of it meanwhile. */
export async function actOnRun(
  cli: Cli,
  told: Told,
  act: (listener: Listener) => Promise<RunReport>,
): Promise<RunReport> {
  return keepingRun(cli, told, () => telling(cli, told, act));
}

/**
 * Where something ends in an error, the run that it was about is printed before that is said: whoever
 * started it could not name it otherwise.
 */
export async function keepingRun<Result>(
  cli: Cli,
  { service, run }: { readonly service: Service; readonly run: string | null },
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    // A journal that cannot be read has nothing to say about the run; the error does.
    const report = await service.status(run).catch(() => null);
    if (report !== null) {
      printRun(cli, endingWith(report, error));
    }
    throw error;
  }
}

/** What this process ends with, and why: a run that has ended has an end of its own. */
function endingWith(report: RunReport, error: unknown): RunReport {
  return report.terminal || !(error instanceof RunbookError)
    ? report
    : { ...report, exit_code: error.exitCode, reason: report.reason ?? error.message };
}

/** The channel at the terminal shows the card itself, and asks. */
function promptsAtGate(cli: Cli, wait: DriveOptions['wait']): boolean {
  return cli.settings.interactive && wait !== 'stop';
}

/** In text, stdout gets one line, `RUN STATUS`, which scripts can rely on. */
function printRun(cli: Cli, report: RunReport): void {
  const { stdout } = cli.paint;
  cli.print(report, () => `${report.run} ${paintStatus(report.status, stdout, report.status)}\n`);
}

/** The end of `exec`, `resume`, `wait` and `cancel`. Why, and what to do next, is talk. */
export function endRun(cli: Cli, report: RunReport): number {
  printRun(cli, report);
  const tolerated = report.steps.filter(({ status }) => status === 'tolerated');
  for (const { id, reason } of tolerated) {
    cli.say(
      `\`${id}\` failed, and the runbook tolerates it${reason === undefined ? '' : `: ${reason}`}`,
    );
  }
  if (report.reason !== null) {
    cli.say(wrapText(sanitizeLine(report.reason), cli.settings.columns.stderr).join('\n'));
  }
  for (const asked of report.manual === undefined ? [] : describeAsks(report.manual)) {
    cli.say(`asks for ${asked}`);
  }
  if (report.next !== null) {
    cli.say(renderNext(report.next.command, talkStyle(cli)).trimEnd());
  }
  return exitCodeOf(cli, report);
}

/** A signal's code, unless the run came to an end of its own before it was heard. */
function exitCodeOf(cli: Cli, { status, exit_code }: RunReport): number {
  const interrupted: readonly RunStatus[] = ['running', 'waiting', 'cancelled', 'unknown'];
  const signal = cli.io.interrupts.exitCode();
  return signal !== null && interrupted.includes(status) ? signal : exit_code;
}
