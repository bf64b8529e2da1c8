import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type Listed, listSpooled } from '../find-spooled.ts';
import { describeMissing } from '../render/missing.ts';
import { formatDistance } from '../render/span.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export function requestsCommand(cli: Cli): Command {
  return new Command('requests')
    .description(
      'Lists the requests that wait for approval: your own, and those of other accounts of this host.',
    )
    .option('--all', 'those that are decided or over, too')
    .addHelpText('after', '\nExamples:\n  runbook requests\n  runbook requests --all --json')
    .action(async (options: RequestsOptions) => cli.finish(await runRequests(cli, options)));
}

export interface RequestsOptions {
  readonly all?: true;
}

export async function runRequests(cli: Cli, { all }: RequestsOptions): Promise<number> {
  const isHere = (await cli.server()) === null;
  const own =
    isHere && !(await cli.hasJournal())
      ? []
      : await (await cli.openService()).requests(all !== true);
  const requests: readonly Listed[] = [
    ...own,
    ...(await listSpooled(cli)).map(({ summary }) => summary),
  ];
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ requests }, () => renderRequests(requests, resultStyle(cli), nowMs));
  if (requests.length === 0) {
    cli.say(all === true ? 'no requests yet' : 'nothing waits for approval');
  }
  return 0;
}

function renderRequests(
  requests: readonly Listed[],
  { paint, columns }: Style,
  nowMs: number,
): string {
  return renderTable(
    requests.map((request) => [
      { text: request.words, paint: paint.strong },
      { text: request.state, ...(request.state === 'pending' ? { paint: paint.careful } : {}) },
      { text: describe(request, nowMs) },
    ]),
    columns,
  );
}

function describe(request: Listed, nowMs: number): string {
  const by = request.executor === undefined ? '' : `, executed by ${request.executor}`;
  const what = `${request.runbook}/${(request.steps ?? [request.step]).join(',')} in ${request.environment}${by}`;
  const missing = describeMissing(request.missing);
  if (request.state !== 'pending' || missing === null) {
    return what;
  }
  const left =
    request.decision_left === true ? `, your decision waits for ${request.executor}` : '';
  return `${what}, needs ${missing}${left}, expires ${formatDistance(request.expires_at, nowMs)}`;
}
