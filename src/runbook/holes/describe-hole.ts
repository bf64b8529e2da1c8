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
  const label = name.startsWith('params.') ? name.slice('params.'.length) : name;
  const range =
    min !== null && max !== null
      ? `from ${min} to ${max}`
      : describeLimits({ min, max, enum: null, pattern: null });
  const others = describeLimits({ ...rest, min: null, max: null });
  const limits = [range, others].filter((each) => each !== '').join(', ');
  return limits === '' ? `${label}: ${words[type]}` : `${label}: ${words[type]} ${limits}`;
}
