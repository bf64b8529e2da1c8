import type { OwedReport } from '../../approval/debt.ts';
import { describeGrantUse } from '../../approval/grant-report.ts';
import type { Json } from '../../base/json.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { wrapText } from '../../base/wrap.ts';
import type { ManualReport, RequestReport, RunReport, StepReport } from '../../engine/reports.ts';
import { describeMissing } from './missing.ts';
import { describeOwed } from './owed.ts';
import { describeParam } from './runbook.ts';
import { formatDistance, formatSpan } from './span.ts';
import { paintHead, paintStatus, type Style } from './style.ts';
import { type Cell, renderTable } from './table.ts';

/** Where a run stands: what `status` prints. */
export function renderRunReport(report: RunReport, style: Style, nowMs: number): string {
  const { paint } = style;
  const reason = report.reason === null ? '' : `: ${sanitizeLine(report.reason)}`;
  const parts = [
    `${renderHead(report, style)}\n`,
    renderBeyond(report, style),
    `${paintHead(wrapped(`${report.status}${reason}`, style), report.status, (word) =>
      paintStatus(report.status, paint, word),
    )}\n`,
    report.hint === undefined ? '' : `${wrapped(`hint: ${sanitizeLine(report.hint)}`, style)}\n`,
    '\n',
    renderTable(
      report.steps.map((step) => stepRow(step, style)),
      style.columns,
    ),
  ];
  for (const request of report.requests) {
    parts.push('\n', renderOpenRequest(request, style, nowMs));
  }
  for (const owed of report.reviews) {
    parts.push('\n', renderOwed(owed, style, nowMs));
  }
  if (report.manual !== undefined) {
    parts.push('\n', renderManual(report.manual, style, nowMs));
  }
  if (report.next !== null) {
    parts.push('\n', renderNext(report.next.command, style));
  }
  return parts.join('');
}

/** `RUNBOOK in ENVIRONMENT, run RUN`, without its newline. */
export function renderHead({ runbook, environment, run }: RunReport, style: Style): string {
  const name = sanitizeLine(runbook);
  const text = wrapped(`${name} in ${sanitizeLine(environment)}, run ${run}`, style);
  return paintHead(text, name, style.paint.strong);
}

/** How it was asked for beyond the ordinary, a line each; empty for every other run. */
export function renderBeyond(
  report: Pick<RunReport, 'break_glass' | 'glass_broken' | 'overrides'>,
  style: Style,
): string {
  const glass = describeGlass(report);
  const lines = [
    ...(glass === null ? [] : [glass]),
    ...report.overrides.map((rule) => `lifts the rule ${sanitizeLine(rule)}`),
  ];
  return lines.map((line) => `${style.paint.bad(wrapped(line, style))}\n`).join('');
}

/** `BREAK-GLASS by night` once it is broken; null where nobody asked for it. */
export function describeGlass({
  break_glass,
  glass_broken,
}: Pick<RunReport, 'break_glass' | 'glass_broken'>): string | null {
  if (break_glass === null) {
    return null;
  }
  const rule = sanitizeLine(break_glass);
  return glass_broken ? `BREAK-GLASS by ${rule}` : `asked for break-glass ${rule}`;
}

/** What broke the glass, and the command that reviews it. */
function renderOwed(owed: OwedReport, style: Style, nowMs: number): string {
  const { paint } = style;
  const text = wrapped(`${sanitizeLine(owed.step)}: ${describeOwed(owed, nowMs)}`, style);
  if (owed.review !== null) {
    return `${paint.quiet(text)}\n`;
  }
  const brush = owed.overdue ? paint.bad : paint.careful;
  const flags = '--finding justified --reason TEXT';
  return `${brush(text)}\n  runbook break-glass review ${owed.request} ${flags}\n  (or --finding unjustified)\n`;
}

function wrapped(text: string, { columns }: Style): string {
  return wrapText(text, columns).join('\n');
}

/** `next: COMMAND`, pasteable: never wrapped. */
export function renderNext(command: string, { paint }: Style): string {
  return `${paint.accent('next:')} ${sanitizeLine(command)}\n`;
}

/** Each value that a person is asked for, with its limits. */
export function describeAsks({ ask }: ManualReport): readonly string[] {
  return Object.entries(ask).map(([name, param]) => `${name}: ${describeParam(param)}`);
}

/** What a person has to do, and what they are asked for. */
export function renderManual(manual: ManualReport, style: Style, nowMs: number): string {
  const asks = describeAsks(manual);
  const rows: [string, string][] = [
    ['step', manual.step],
    ['to do', sanitizeLine(manual.text)],
    ...(asks.length === 0 ? [] : [['asks for', asks.join('\n')] as [string, string]]),
    ...(manual.until === null
      ? []
      : [['gives up', formatDistance(manual.until, nowMs)] as [string, string]]),
  ];
  return renderTable(
    rows.map(([name, text]) => [{ text: name, paint: style.paint.quiet }, { text }]),
    style.columns,
  );
}

/** Which request waits, for whom and how long. */
function renderOpenRequest(request: RequestReport, style: Style, nowMs: number): string {
  const missing = describeMissing(request.missing);
  const rows: [string, string][] = [
    ['request', request.words],
    [request.steps === undefined ? 'step' : 'steps', (request.steps ?? [request.step]).join(', ')],
    ['needs', missing ?? 'nobody any more'],
    ['expires', formatDistance(request.expires_at, nowMs)],
  ];
  return renderTable(
    rows.map(([name, text]) => [{ text: name, paint: style.paint.quiet }, { text }]),
    style.columns,
  );
}

function stepRow(step: StepReport, { paint }: Style): Cell[] {
  const status = {
    text: `  ${step.status}`,
    paint: (text: string) => paintStatus(step.status, paint, text),
  };
  const facts = [
    step.duration_ms === undefined ? '' : formatSpan(step.duration_ms),
    step.attempt > 1 ? `attempt ${step.attempt}` : '',
    step.done_by === undefined ? '' : `by ${sanitizeLine(step.done_by)}`,
    step.reason === undefined ? '' : sanitizeLine(step.reason),
    step.grant === undefined ? '' : sanitizeLine(describeGrantUse(step.grant)),
    Object.entries(step.outputs ?? {})
      .map(([key, value]) => `${key}=${shown(value)}`)
      .join(' '),
  ];
  return [status, { text: step.id }, { text: facts.filter((fact) => fact !== '').join(', ') }];
}

function shown(value: Json): string {
  return sanitizeLine(typeof value === 'string' ? value : JSON.stringify(value));
}
