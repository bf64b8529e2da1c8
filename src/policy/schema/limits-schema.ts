import { list, object } from '../../base/yaml-collections.ts';
import { number, oneOf, plainScalar, text } from '../../base/yaml-scalars.ts';
import { type Checked, optional, refine } from '../../base/yaml-schema.ts';
import type { HoleLimits } from '../../runbook/holes/hole.ts';
import { isBounded, loosePatternFlaw, wholePatternProblem } from '../../runbook/holes/limits.ts';
import { paramTypes } from '../../runbook/runbook.ts';

const written = object({
  type: oneOf(...paramTypes),
  enum: optional(list(plainScalar(), { min: 1 })),
  pattern: optional(text()),
  min: optional(number()),
  max: optional(number()),
});

type Written = Checked<typeof written>;

/** How far a value may differ from the one that was approved; as `HoleLimits` wants it, or an error. */
export const limitsFile = refine(written, (limits, node, place): HoleLimits => {
  const flaw = flawOf(limits);
  if (flaw !== null) {
    place.report(node.at, `\`${place.name}\`: ${flaw}`);
  }
  return limits;
});

function flawOf(limits: Written): string | null {
  const { type, pattern } = limits;
  if (pattern !== null && type !== 'string') {
    return '`pattern` is for a `string`';
  }
  return (
    (pattern === null ? null : patternFlaw(limits, pattern)) ??
    boundsFlaw(limits) ??
    enumFlaw(limits)
  );
}

function patternFlaw({ enum: values }: Written, pattern: string): string | null {
  const loose = values === null ? loosePatternFlaw(pattern) : null;
  const said = loose === null ? null : `${loose.message}; ${loose.hint}`;
  return wholePatternProblem(pattern) ?? said;
}

function boundsFlaw(limits: Written): string | null {
  const { type, min, max } = limits;
  const isNumber = type === 'integer' || type === 'number';
  if ((min !== null || max !== null) && !isNumber) {
    return '`min` and `max` are for numbers';
  }
  if (min !== null && max !== null && min > max) {
    return '`min` lies above `max`';
  }
  const needed = isNumber ? '`min` and `max`, or an `enum`' : 'an `enum` or a `pattern`';
  return isBounded(limits)
    ? null
    : `\`${type}\` needs ${needed}, or any value at all would be approved`;
}

function enumFlaw({ type, enum: values }: Written): string | null {
  const other = values?.find((value) =>
    type === 'integer' ? !Number.isSafeInteger(value) : typeof value !== type,
  );
  return other === undefined ? null : `\`${String(other)}\` in \`enum\` is no \`${type}\``;
}
