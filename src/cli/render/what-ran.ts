import type { DebtReport } from '../../approval/debt.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { LogPiece, StepReport } from '../../engine/reports.ts';
import { formatInstant, formatSpan } from './span.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** What came of something that was done under break-glass. */
export interface WhatRan {
  readonly debt: DebtReport | null;
  /** Null where whoever looks may not see the run. */
  readonly steps: readonly StepReport[] | null;
  readonly logs: readonly LogPiece[];
}

const shownLines = 20;

/** Who acted, how it ended, and the last lines that it printed. */
export function renderWhatRan({ debt, steps, logs }: WhatRan, style: Style): string {
  const { paint, columns } = style;
  const facts: [string, string][] =
    debt === null
      ? []
      : [
          ['acted', debt.by.join(', ')],
          ['started', formatInstant(debt.started)],
        ];
  const outcomes = (steps ?? []).map((step): [string, string] => [step.id, outcomeOf(step)]);
  const unseen: [string, string][] = steps === null ? [['outcome', 'not yours to see']] : [];
  const table = renderTable(
    [...facts, ...outcomes, ...unseen].map(([name, text]) => [
      { text: `  ${name}`, paint: paint.quiet },
      { text: sanitizeLine(text) },
    ]),
    columns,
  );
  return `${paint.strong('What ran')}\n${table}${renderOutput(logs)}`;
}

function outcomeOf({ status, attempt, exit_code, duration_ms, reason }: StepReport): string {
  const facts = [
    status,
    attempt > 1 ? `attempt ${attempt}` : '',
    exit_code === undefined ? '' : `exit ${exit_code}`,
    duration_ms === undefined ? '' : formatSpan(duration_ms),
    reason ?? '',
  ];
  return facts.filter((fact) => fact !== '').join(', ');
}

function renderOutput(logs: readonly LogPiece[]): string {
  return logs
    .map(({ step, stream, bytes }) => {
      const lines = bytes.toString('utf8').replace(/\n$/, '').split('\n');
      const left = lines.length - shownLines;
      const head = `  ${step} ${stream}${left > 0 ? `, the last ${shownLines} of ${lines.length} lines` : ''}\n`;
      const shown = lines.slice(-shownLines).map((line) => `    ${sanitizeLine(line)}\n`);
      return head + shown.join('');
    })
    .join('');
}
