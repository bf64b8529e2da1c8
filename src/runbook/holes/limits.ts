import type { Json } from '../../base/json.ts';
import { patternProblem } from '../../base/regex.ts';
import { type ReadParam, readParam } from '../param-value.ts';
import type { HoleLimits } from './hole.ts';
import { whyLoose } from './loose-pattern.ts';

/** A value within limits, in its type, by the rules of parameters; a pattern is about the whole text. */
export function readWithin(
  name: string,
  { pattern, ...limits }: HoleLimits,
  value: Json,
): ReadParam {
  const problem = pattern === null ? null : wholePatternProblem(pattern);
  if (problem !== null) {
    return { message: `\`${name}\` cannot be held against its pattern: ${problem}` };
  }
  const enumerated = limits.enum?.filter((each) => isParamValue(each)) ?? null;
  const declared = {
    ...limits,
    enum: enumerated,
    pattern: pattern === null ? null : wholeText(pattern),
    description: null,
    default: null,
    required: true,
    secret: false,
  };
  return readParam(name, declared, value);
}

function isParamValue(value: Json): value is string | number | boolean {
  return typeof value !== 'object';
}

/** What is wrong with a pattern that is held against a whole text, or null. It must be one by itself: `a)|(.*` is none. */
export function wholePatternProblem(pattern: string): string | null {
  return patternProblem(pattern) ?? patternProblem(wholeText(pattern));
}

/** RE2 finds a pattern anywhere; an approval of what comes is about all of it. */
function wholeText(pattern: string): string {
  return String.raw`\A(?:${pattern})\z`;
}

/** Why the pattern of a value that comes later is no limit, with what to write instead; null where it is one. */
export function loosePatternFlaw(pattern: string): { message: string; hint: string } | null {
  const why = wholePatternProblem(pattern) === null ? whyLoose(wholeText(pattern)) : null;
  return why === null
    ? null
    : {
        message: `the pattern \`${pattern}\` limits nothing: ${why}`,
        hint: 'name the characters that may come, as in `[a-z0-9-]{1,40}`',
      };
}

/** True where a reviewer can say in advance what may come. */
export function isBounded({ type, enum: values, pattern, min, max }: HoleLimits): boolean {
  switch (type) {
    case 'boolean':
      return true;
    case 'string':
      return values !== null || (pattern !== null && loosePatternFlaw(pattern) === null);
    case 'integer':
    case 'number':
      return values !== null || (min !== null && max !== null);
  }
}

/** The limits in words for people: `one of a, b`, `from 1, up to 5`. Empty where there are none. Not sanitised. */
export function describeLimits(limits: Omit<HoleLimits, 'type'>): string {
  const { enum: values, min, max, pattern } = limits;
  return [
    values === null
      ? ''
      : `one of ${values.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ')}`,
    min === null ? '' : `from ${min}`,
    max === null ? '' : `up to ${max}`,
    pattern === null ? '' : `fits ${pattern}`,
  ]
    .filter((each) => each !== '')
    .join(', ');
}
