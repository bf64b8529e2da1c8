import { approveWays } from '../approval/card/card-text.ts';
import type { RunId } from '../base/ids.ts';
import type { RequestDetail } from '../engine/reports.ts';
import type { Listener, Service } from '../engine/service.ts';
import type { Recorded } from '../run/events.ts';
import { cardText } from './card.ts';
import type { Cli } from './cli.ts';
import { holdWhilePrompting } from './hold-while-prompting.ts';
import { progressListener } from './render/progress.ts';
import { renderBeyond, renderHead, renderManual } from './render/run-report.ts';
import { formatDistance } from './render/span.ts';
import { talkStyle } from './styles.ts';

/** The run that is told about. */
export interface Told {
  readonly service: Service;
  readonly run: RunId;
  /** At a gate the channel at the terminal shows the card itself, and asks. */
  readonly prompts: boolean;
}

/** Does something with a run and tells meanwhile how it goes, in the form that was asked for. */
export async function telling<Result>(
  cli: Cli,
  about: Told,
  act: (listener: Listener) => Promise<Result>,
): Promise<Result> {
  switch (cli.settings.output) {
    case 'text': {
      let told = false;
      const write = (text: string): void => {
        told = true;
        cli.io.stderr.write(text);
      };
      const listener = holdWhilePrompting(await textListener(cli, about, write));
      try {
        return await act(listener);
      } finally {
        // What was held for a prompt comes out also where an error ends it.
        listener.release();
        if (told) {
          cli.say('');
        }
      }
    }
    case 'json':
      return act(silent);
    case 'ndjson':
      return act(await lineListener(cli, about));
  }
}

/** Tells nothing. */
export const silent: Listener = {
  recorded: () => undefined,
  output: () => undefined,
  waiting: () => undefined,
  delayed: () => undefined,
};

/** Every entry of the run, one a line: first those that are there, then each as it is committed. */
async function lineListener(cli: Cli, { service, run }: Told): Promise<Listener> {
  let last = -1;
  function recorded({ event, ...entry }: Recorded): void {
    if (entry.seq > last) {
      last = entry.seq;
      const line = { type: event.type, ...entry, data: event.data };
      cli.io.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
  for (const entry of await service.events(run, 0)) {
    recorded(entry);
  }
  return { ...silent, recorded };
}

async function textListener(
  cli: Cli,
  { service, run, prompts }: Told,
  write: (text: string) => void,
): Promise<Listener> {
  const report = await service.status(run);
  const served = (await cli.server()) !== null;
  const style = talkStyle(cli);
  cli.say(`${renderHead(report, style)}\n${renderBeyond(report, style)}`);
  if (report.manual !== undefined) {
    cli.say(renderManual(report.manual, style, cli.io.clock.now().wallMs));
  }
  if (report.starts_at !== undefined) {
    cli.say(`starts ${formatDistance(report.starts_at, cli.io.clock.now().wallMs)}\n`);
  }
  return progressListener({
    report,
    style,
    live: cli.io.stderr.isTTY === true,
    write,
    showRequest: (detail) => (prompts ? '' : renderGate(cli, detail, served)),
  });
}

function renderGate(cli: Cli, detail: RequestDetail, served: boolean): string {
  const card = cardText(cli, detail, 'stderr');
  const columns = cli.settings.columns.stderr;
  const plain = served && tokenSuffices(detail) ? { line: `runbook approve ${detail.words}` } : {};
  return `\n${card}\n${approveWays(detail, { columns, ...plain })}`;
}

/** A token is A1 at most: it is worth nothing where everything that is open asks for more. */
function tokenSuffices({ content, missing }: RequestDetail): boolean {
  const open = content.policy.slots.filter(({ id }) => missing.some(({ slot }) => slot === id));
  return open.some(({ assurance }) => assurance === 'A0' || assurance === 'A1');
}
