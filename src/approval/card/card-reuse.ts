import { formatDuration } from '../../base/duration.ts';
import { canonicalize } from '../../base/jcs.ts';
import { describeHole, holeLabel } from '../../runbook/holes/describe-hole.ts';
import type { RequestContent } from '../request.ts';
import { type CardSection, list } from './card-section.ts';

/** What else the approval covers: uses of other runs, and how they may differ. Null for an ordinary request. */
export function reuseSection({ grant, commands }: RequestContent): CardSection | null {
  const { reuse } = grant;
  if (reuse === undefined) {
    return null;
  }
  const holes = commands.flatMap((command) => command.holes ?? []);
  return list('The approval also holds for later runs', [
    `up to ${reuse.max_uses} uses in ${formatDuration(reuse.for_ms)}, this run's included`,
    ...(holes.length === 0 ? ['of exactly this command'] : holes.map(describeHole)),
    ...thisRun(commands),
    `under the rule ${reuse.rule}`,
  ]);
}

/** What the run that asks puts there itself: `this run: shard 1`. */
function thisRun(commands: RequestContent['commands']): readonly string[] {
  const values = commands.flatMap(({ values = {} }) => Object.entries(values));
  const words = values.map(([name, value]) => `${holeLabel(name)} ${canonicalize(value)}`);
  return words.length === 0 ? [] : [`this run: ${words.join(', ')}`];
}
