import { approveLine } from '../approval/card-text.ts';
import type { RunId } from '../base/ids.ts';
import type { RequestDetail, RunReport, RunStatus } from '../engine/reports.ts';
import type { DriveOptions, Listener, Service } from '../engine/service.ts';
import { cardText } from './card.ts';
import type { Cli } from './cli.ts';
import { progressListener } from './render/progress.ts';
import { renderNext } from './render/run-report.ts';
import { paintStatus, type Style } from './render/style.ts';

/** `--wait DURATION` and `--no-wait` as commander hands them over. */
export interface WaitFlags {
  readonly wait?: number | false;
}

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
  const listener = await openListener(cli, service, { run, wait });
  const report = await service.drive(run, { wait, listener, ...cli.io.interrupts.take() });
  return endRun(cli, report);
}

/** What is told while a run goes on, in the form that was asked for. */
export async function openListener(
  cli: Cli,
  service: Service,
  { run, wait }: { readonly run: RunId; readonly wait: DriveOptions['wait'] },
): Promise<Listener> {
  switch (cli.settings.output) {
    case 'text':
      return textListener(cli, await service.status(run), wait);
    case 'json':
      return silent;
    case 'ndjson':
      return {
        ...silent,
        recorded({ event, ...entry }) {
          cli.io.stdout.write(
            `${JSON.stringify({ type: event.type, ...entry, data: event.data })}\n`,
          );
        },
      };
  }
}

const silent: Listener = {
  recorded: () => undefined,
  output: () => undefined,
  waiting: () => undefined,
  delayed: () => undefined,
};

function textListener(cli: Cli, report: RunReport, wait: DriveOptions['wait']): Listener {
  const style = talkStyle(cli);
  const { strong } = style.paint;
  cli.say(`${strong(report.runbook)} in ${report.environment}, run ${report.run}\n`);
  return progressListener({
    report,
    style,
    live: cli.io.stderr.isTTY === true,
    write: (text) => cli.io.stderr.write(text),
    showRequest: (detail) => (promptsAtGate(cli, wait) ? '' : renderGate(cli, detail)),
  });
}

function renderGate(cli: Cli, detail: RequestDetail): string {
  const line = approveLine(detail.words);
  return `\n${cardText(cli, detail, 'stderr')}\nsomebody else approves with\n  ${line}\n\n`;
}

/** The channel at the terminal shows the card itself, and asks. */
function promptsAtGate(cli: Cli, wait: DriveOptions['wait']): boolean {
  return cli.settings.interactive && wait !== 'stop';
}

/**
 * The end of `exec`, `resume` and `cancel`. In text, stdout gets one line, `RUN STATUS`, which scripts
 * can rely on; why, and what to do next, is talk.
 */
export function endRun(cli: Cli, report: RunReport): number {
  const { paint } = cli;
  cli.say('');
  cli.print(
    report,
    () => `${report.run} ${paintStatus(report.status, paint.stdout, report.status)}\n`,
  );
  const tolerated = report.steps.filter(({ status }) => status === 'tolerated');
  for (const { id, reason } of tolerated) {
    cli.say(
      `\`${id}\` failed, and the runbook tolerates it${reason === undefined ? '' : `: ${reason}`}`,
    );
  }
  if (report.reason !== null) {
    cli.say(report.reason);
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

export function talkStyle(cli: Cli): Style {
  return { paint: cli.paint.stderr, columns: cli.settings.columns.stderr };
}

export function resultStyle(cli: Cli): Style {
  return { paint: cli.paint.stdout, columns: cli.settings.columns.stdout };
}
