import { reviewLine } from '../../approval/card/card-beyond.ts';
import { formatDuration } from '../../base/duration.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { PlanReport } from '../../engine/reports.ts';
import { describeHole } from '../../runbook/holes/describe-hole.ts';

type Verdict = PlanReport['steps'][number]['verdict'];

/** What is asked for beyond an ordinary approval, each with its label; empty for every other step. */
export function planBeyond(verdict: Verdict): readonly (readonly [label: string, text: string])[] {
  if (verdict.kind !== 'ask') {
    return [];
  }
  const { breakGlass, overrides, reuse, remote } = verdict;
  return [
    ...(breakGlass === null ? [] : breakGlassRows(breakGlass)),
    ...overrides.map((rule) => ['lifts', `the rule ${rule}, which denies it`] as const),
    ...(reuse === null ? [] : [['holds', reuseLine(reuse)] as const]),
    ...(remote === null ? [] : [['copies', remoteLine(remote)] as const]),
  ].map(([label, text]) => [label, sanitizeLine(text)]);
}

type Ask = Extract<Verdict, { kind: 'ask' }>;

function breakGlassRows({
  rule,
  review,
}: NonNullable<Ask['breakGlass']>): readonly (readonly [string, string])[] {
  return [
    ['BREAK-GLASS', `by ${rule}: whoever signs acts alone`],
    ['review', `owed ${reviewLine(review)}`],
  ];
}

function reuseLine({ rule, vary, max_uses, for_ms }: NonNullable<Ask['reuse']>): string {
  const holes = Object.entries(vary).map(([name, limits]) => describeHole({ ...limits, name }));
  const uses = `for later runs, too: up to ${max_uses} uses in ${formatDuration(for_ms)}`;
  return [uses, ...holes, `under the rule ${rule}`].join('; ');
}

function remoteLine({ required, within_ms }: NonNullable<Ask['remote']>): string {
  return `runs only once ${required} elsewhere acknowledged its start, within ${formatDuration(within_ms)}`;
}
