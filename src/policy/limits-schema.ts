import { patternProblem } from '../base/regex.ts';
import { list, object } from '../base/yaml-collections.ts';
import { number, oneOf, plainScalar, text } from '../base/yaml-scalars.ts';
import { type Checked, optional, refine } from '../base/yaml-schema.ts';
import type { HoleLimits } from '../runbook/hole.ts';
import { paramTypes } from '../runbook/runbook.ts';

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
  return limits.type === 'string' ? textFlaw(limits) : (numberFlaw(limits) ?? enumFlaw(limits));
}

function textFlaw(limits: Written): string | null {
  if (limits.min !== null || limits.max !== null) {
    return '`min` and `max` are for numbers';
  }
  if (limits.enum === null && limits.pattern === null) {
    return 'a `string` needs an `enum` or a `pattern`, or any text at all would be approved';
  }
  const pattern = limits.pattern === null ? null : patternProblem(limits.pattern);
  return pattern ?? enumFlaw(limits);
}

function numberFlaw({ type, enum: values, pattern, min, max }: Written): string | null {
  if (pattern !== null) {
    return '`pattern` is for a `string`';
  }
  if (type === 'boolean') {
    return min === null && max === null ? null : '`min` and `max` are for numbers';
  }
  if (min !== null && max !== null) {
    return min <= max ? null : '`min` lies above `max`';
  }
  return values === null ? `\`${type}\` needs \`min\` and \`max\`, or an \`enum\`` : null;
}

function enumFlaw({ type, enum: values }: Written): string | null {
  const other = values?.find((value) =>
    type === 'integer' ? !Number.isSafeInteger(value) : typeof value !== type,
  );
  return other === undefined ? null : `\`${String(other)}\` in \`enum\` is no \`${type}\``;
}
