import { sanitizeLine } from '../../base/sanitize.ts';
import type { PlanReport } from '../../engine/reports.ts';
import { describeDenial, hintOf } from '../../run/denial.ts';
import { allSteps } from '../../runbook/plan.ts';
import { describeMissing } from './missing.ts';
import { planBeyond } from './plan-beyond.ts';
import type { Style } from './style.ts';
import { type Cell, renderTable } from './table.ts';

/** Each step with what it would do and need: what `plan` prints. */
export function renderPlan(report: PlanReport, style: Style): string {
  const { plan, steps, refusal } = report;
  const { paint, columns } = style;
  const parts = [`${paint.strong(plan.runbook.name)} in ${plan.environment.name}\n`];
  if (plan.approvals === 'together') {
    parts.push(paint.quiet('approvals are asked together, before anything runs\n'));
  }
  const several = new Set(steps.map(({ list }) => list)).size > 1;
  const manual = new Set(
    allSteps(plan).flatMap(({ id, action }) => (action.kind === 'manual' ? id : [])),
  );
  for (const step of steps) {
    const list = several && step.list !== 'steps' ? ` ${paint.quiet(`(${step.list})`)}` : '';
    const name = step.name === null ? '' : `  ${sanitizeLine(step.name)}`;
    parts.push(`\n${paint.accent('●')} ${paint.strong(step.id)}${list}${name}\n`);
    parts.push(renderTable(stepFacts({ ...step, manual: manual.has(step.id) }, style), columns));
  }
  if (refusal !== null) {
    parts.push(`\n${paint.bad('refused:')} ${refusal.message}\n`);
    if (refusal.hint !== null) {
      parts.push(`${paint.accent('hint:')} ${refusal.hint}\n`);
    }
  }
  return parts.join('');
}

type PlanStep = PlanReport['steps'][number];

function stepFacts(step: PlanStep & { readonly manual: boolean }, { paint }: Style): Cell[][] {
  const rows: [string, Cell][] = [
    ['does', { text: sanitizeLine(step.summary) }],
    ['needs', step.manual ? { text: 'a person who does it' } : needs(step, { paint, columns: 0 })],
  ];
  rows.push(...planBeyond(step.verdict).map(([label, text]): [string, Cell] => [label, { text }]));
  if (step.verdict.kind !== 'none') {
    rows.push(['digest', { text: describeDigest(step.digest) }]);
  }
  if (step.verdict.kind !== 'none' && step.not_bound.length > 0) {
    rows.push(['not bound', { text: step.not_bound.map(sanitizeLine).join('\n') }]);
  }
  return rows.map(([label, cell]) => [{ text: `  ${label}`, paint: paint.quiet }, cell]);
}

function needs({ verdict }: PlanStep, { paint }: Style): Cell {
  switch (verdict.kind) {
    case 'none':
      return { text: 'no approval' };
    case 'deny':
      return {
        text: `denied: ${[describeDenial(verdict.reasons), hintOf(verdict.reasons) ?? []].flat().join('\n')}`,
        paint: paint.bad,
      };
    case 'ask': {
      const slots = verdict.slots.map(({ id, count, from }) => ({ slot: id, count, from }));
      const levels = [...new Set(verdict.slots.map(({ assurance }) => assurance))].join(', ');
      return {
        text: `approval by ${describeMissing(slots) ?? 'nobody'} (${levels})`,
        paint: paint.careful,
      };
    }
  }
}

function describeDigest(digest: string | null): string {
  return digest === null ? 'known when earlier steps have run' : `sha256 ${digest.slice(0, 12)}`;
}
