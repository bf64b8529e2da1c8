import { sanitizeLine } from '../../base/sanitize.ts';
import type {
  ExplainedRule,
  ExplainedStep,
  PolicyExplainReport,
} from '../../engine/policy/reports.ts';
import type { Style } from './style.ts';
import { type Cell, renderTable } from './table.ts';

/** What `policy explain` prints: each step with its verdict, then what every rule had to say. */
export function renderExplanation(report: PolicyExplainReport, style: Style): string {
  const { paint, columns } = style;
  const chain = report.initiator.chain.map(({ role, identity, person }) =>
    person === null ? `${role} ${identity}` : `${role} ${identity} (${person})`,
  );
  const head = [
    [{ text: 'at', paint: paint.quiet }, { text: report.at }],
    [
      { text: 'started by', paint: paint.quiet },
      { text: [report.initiator.kind, ...chain].join('\n') },
    ],
  ];
  const refusal =
    report.refusal === null
      ? ''
      : `${paint.bad('refused:')} ${sanitizeLine(report.refusal.message)}\n`;
  return [
    `${paint.strong(report.runbook)} in ${report.environment}\n`,
    renderTable(head, columns),
    refusal,
    ...report.steps.map((step) => renderStep(step, style)),
  ].join('');
}

function renderStep(step: ExplainedStep, { paint, columns }: Style): string {
  const rows: (readonly [string, Cell])[] = [
    ['does', { text: step.summary }],
    ['verdict', { text: step.words.join('\n'), paint: verdictBrush(step, paint) }],
    ...step.kept_out.map(
      ({ slot, person, why }) =>
        ['kept out', { text: `${person} from \`${slot}\`: ${why}` }] as const,
    ),
    ...step.reliefs.map(
      ({ flag, meaning }) => ['or with', { text: `${flag}: ${meaning}` }] as const,
    ),
    ...(step.relief_refused === null
      ? []
      : [['no relief', { text: step.relief_refused }] as const]),
    ...step.rules.map((rule) => ['rule', { text: describeRule(rule) }] as const),
  ];
  const cells = rows.map(([label, cell], index) => [
    { text: `  ${rows[index - 1]?.[0] === label ? '' : label}`, paint: paint.quiet },
    cell,
  ]);
  return `\n${paint.accent('●')} ${paint.strong(step.id)}\n${renderTable(cells, columns)}`;
}

function verdictBrush({ verdict }: ExplainedStep, paint: Style['paint']): (text: string) => string {
  switch (verdict.kind) {
    case 'none':
      return paint.good;
    case 'ask':
      return paint.careful;
    case 'deny':
      return paint.bad;
  }
}

function describeRule({ name, outcome, when, note }: ExplainedRule): string {
  const words: Readonly<Record<ExplainedRule['outcome'], string>> = {
    matched: 'matches',
    unmatched: 'does not match',
    failed: 'fails',
    out_of_time: 'does not match at this time',
  };
  const condition = when === null ? [] : [`when ${when}`];
  const said = [...condition, ...(note === null ? [] : [note])];
  return [`\`${name}\` ${words[outcome]}`, ...said].join('\n  ');
}
