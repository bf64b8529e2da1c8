import type { ParamType } from '../runbook.ts';
import type { Hole } from './hole.ts';
import { describeLimits } from './limits.ts';

const words: Readonly<Record<ParamType, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
};

/** A hole in words for people: `shard: whole number from 1 to 8`. Not sanitised. */
export function describeHole({ name, type, min, max, ...rest }: Hole): string {
  const range =
    min !== null && max !== null
      ? `from ${min} to ${max}`
      : describeLimits({ min, max, enum: null, pattern: null });
  const others = describeLimits({ ...rest, min: null, max: null });
  const limits = [range, others].filter((each) => each !== '').join(', ');
  return limits === ''
    ? `${holeLabel(name)}: ${words[type]}`
    : `${holeLabel(name)}: ${words[type]} ${limits}`;
}

/** A hole's name for people: a parameter's own, an output's whole. */
export function holeLabel(name: string): string {
  return name.startsWith('params.') ? name.slice('params.'.length) : name;
}
