import { parseDuration } from '../../base/duration.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { PolicyDiffReport } from '../../engine/policy/reports.ts';
import { parseTime } from '../at.ts';
import type { Cli } from '../cli.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';
import { type PolicyFileFlags, readGiven } from './policy-check.ts';

export interface PolicyDiffFlags extends Omit<PolicyFileFlags, 'config'> {
  /** A time, or how long ago. */
  readonly since?: string;
  readonly limit: number;
  readonly exitCode?: true;
}

/** Exits 0, and with `--exit-code` 1 where something differs. */
export async function runPolicyDiff(
  cli: Cli,
  { since, limit, exitCode, ...files }: PolicyDiffFlags,
): Promise<number> {
  const tools = await cli.openPolicyTools();
  const { config: _none, ...given } = readGiven(cli, files);
  const report = await tools.diff({
    ...given,
    sinceMs: since === undefined ? null : readSince(since, cli.io.clock.now().wallMs),
    limit,
  });
  cli.print(report, () => renderDiff(report, resultStyle(cli)));
  return exitCode === true && report.differences.length > 0 ? 1 : 0;
}

function readSince(text: string, nowMs: number): number {
  return /^\d{4}-/.test(text) ? parseTime(text, nowMs) : nowMs - parseDuration(text);
}

function renderDiff({ differences, ...sums }: PolicyDiffReport, style: Style): string {
  const { paint, columns } = style;
  const lines = differences.map((one) => {
    const run = `${one.run}  ${one.runbook} in ${one.environment}  ${one.step}  ${one.time}`;
    const rows = [
      [{ text: '  was', paint: paint.quiet }, { text: one.was }],
      [{ text: '  would be', paint: paint.quiet }, { text: one.would_be }],
    ];
    return `${paint.strong(sanitizeLine(run))}\n${renderTable(rows, columns)}`;
  });
  const skipped =
    sums.skipped.length === 0 ? '' : `, ${sums.skipped.length} runs left out: their plan is gone`;
  const sum = `${differences.length} of ${sums.decisions} decisions in ${sums.runs} runs would differ${skipped}`;
  return [...lines, `${differences.length === 0 ? paint.good(sum) : paint.careful(sum)}\n`].join(
    '',
  );
}
