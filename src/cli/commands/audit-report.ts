import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { formatTime } from '../../base/clock.ts';
import { UsageError } from '../../base/errors.ts';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { refuseTogether } from '../flags.ts';
import { openMeter } from '../meter.ts';
import { readTextFile } from '../params.ts';
import { parsePast } from '../past.ts';
import { renderControlHtml } from '../render/control-html.ts';
import { type ControlReport, renderControlMarkdown } from '../render/control-markdown.ts';
import { writeNamedFile } from '../write-file.ts';

type Framework = Parameters<Service['reportControls']>[0]['framework'];
const frameworks: readonly Framework[] = ['soc2', 'iso27001', 'fedramp'];

export function auditReportCommand(cli: Cli): Command {
  return new Command('report')
    .summary("say what the journal shows about a framework's controls")
    .description(
      'Verifies the journal and says, for each control of a framework, what it shows: how much there was, the evidence, every exception, and what it does not prove.',
    )
    .addOption(
      new Option('--framework <name>', 'whose controls').choices(frameworks).makeOptionMandatory(),
    )
    .option('--from <time>', 'from then on: 90d, 2026-01-01, or RFC 3339')
    .option('--to <time>', 'before then')
    .option('--receipt <file...>', "approvers' receipts to hold the journal against")
    .option('--markdown', 'as Markdown, which is the default')
    .option('--html <file>', 'as one HTML file that needs nothing else (- writes to stdout)')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit report --framework soc2 --from 2026-01-01 --to 2026-04-01 --html soc2.html\n  runbook audit report --framework fedramp --from 90d > fedramp.md',
    )
    .action(async (options: ReportOptions) => cli.finish(await runAuditReport(cli, options)));
}

export interface ReportOptions {
  readonly framework: Framework;
  readonly from?: string;
  readonly to?: string;
  readonly receipt?: readonly string[];
  readonly markdown?: true;
  readonly html?: string;
}

async function runAuditReport(cli: Cli, options: ReportOptions): Promise<number> {
  const { framework, receipt = [], markdown, html } = options;
  refuseTogether({ '--markdown': markdown, '--html': html });
  const period = readPeriod(options, cli.io.clock.now().wallMs);
  const receipts = receipt.map((file) => ({
    file,
    text: readTextFile(resolve(cli.io.cwd, file), file),
  }));
  const pins = (await cli.openApprover()).pins();
  const service = await cli.openService();
  const meter = openMeter(cli, 'verifying');
  const report = await service
    .reportControls({ ...period, framework, receipts, pins, progress: meter.progress })
    .finally(() => meter.close());
  if (html === undefined || html === '-') {
    cli.print(report, () =>
      html === undefined ? renderControlMarkdown(report) : renderControlHtml(report),
    );
  } else {
    writeReport(cli, html, report);
  }
  return 0;
}

function readPeriod(
  { from, to }: Pick<ReportOptions, 'from' | 'to'>,
  nowMs: number,
): { readonly from: string | null; readonly to: string | null } {
  const period = {
    from: from === undefined ? null : formatTime(parsePast(from, nowMs)),
    to: to === undefined ? null : formatTime(parsePast(to, nowMs)),
  };
  if (period.from !== null && period.to !== null && period.from >= period.to) {
    throw new UsageError({
      code: 'period_empty',
      message: `the period would begin at ${period.from} and end at ${period.to}`,
    });
  }
  return period;
}

function writeReport(cli: Cli, file: string, report: ControlReport): void {
  writeNamedFile(cli, file, renderControlHtml(report));
  cli.print(report, () => '');
  cli.say(`wrote ${file}`);
}
