import { formatDuration } from '../../base/duration.ts';
import { duration } from '../../base/yaml-scalars.ts';
import { invalid, refine, type Schema } from '../../base/yaml-schema.ts';

/** A duration from one second up to `mostMs`. */
export function timeLimit(mostMs: number): Schema<number> {
  return refine(duration(), (ms, node, place) => {
    if (ms >= 1000 && ms <= mostMs) {
      return ms;
    }
    const most = formatDuration(mostMs);
    place.report(node.at, `\`${place.name}\` must lie between \`1s\` and \`${most}\``);
    return invalid;
  });
}

/** Requests wait, and debts stand, for a month at most. */
export const monthMs = 30 * 24 * 3_600_000;
