import type { Json } from '../base/json.ts';
import { like } from '../base/regex.ts';
import { closest } from '../base/suggest.ts';
import type { Param, ParamType, ParamValue } from './runbook.ts';

/** A parameter's value in its type, or what is wrong with it. */
export type ReadParam =
  | { readonly value: ParamValue }
  | { readonly message: string; readonly hint?: string | undefined };

/**
 * Checks a value against its declaration. Text from a flag or the environment is converted to the
 * declared type; a value from JSON or YAML must already have it. Messages never show a secret value.
 */
export function readParam(name: string, param: Param, given: Json): ReadParam {
  const value = convert(param.type, given);
  const shown = param.secret ? 'the value given' : `\`${shortened(given)}\``;
  if (value === null) {
    return { message: `\`${name}\` must be ${words[param.type]}, not ${shown}` };
  }
  return violation({ name, param, value, shown }) ?? { value };
}

interface Candidate {
  readonly name: string;
  readonly param: Param;
  readonly value: ParamValue;
  readonly shown: string;
}

function violation({ name, param, value, shown }: Candidate): ReadParam | null {
  if (param.enum !== null && !param.enum.includes(value)) {
    const near = param.secret ? null : closest(String(value), param.enum.map(String));
    const hint = near === null ? undefined : `did you mean \`${near}\`?`;
    return { message: `\`${name}\` must be one of ${param.enum.join(', ')}, not ${shown}`, hint };
  }
  if (typeof value === 'string' && param.pattern !== null && !like(value, param.pattern)) {
    return { message: `\`${name}\` must fit the pattern \`${param.pattern}\`, ${shown} does not` };
  }
  return typeof value === 'number' ? boundViolation(value, { name, param, shown }) : null;
}

function boundViolation(
  value: number,
  { name, param: { min, max }, shown }: Omit<Candidate, 'value'>,
): ReadParam | null {
  if (min !== null && value < min) {
    return { message: `\`${name}\` must be at least ${min}, not ${shown}` };
  }
  return max !== null && value > max
    ? { message: `\`${name}\` must be at most ${max}, not ${shown}` }
    : null;
}

const words: Readonly<Record<ParamType, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
};

function convert(type: ParamType, given: Json): ParamValue | null {
  switch (type) {
    case 'string':
      return typeof given === 'string' && isStorable(given) ? given : null;
    case 'boolean':
      return typeof given === 'boolean' ? given : (booleans.get(given) ?? null);
    case 'integer':
    case 'number': {
      const value = typeof given === 'string' && numeral.test(given) ? Number(given) : given;
      const fits = type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
      return typeof value === 'number' && fits ? value : null;
    }
  }
}

const booleans: ReadonlyMap<Json, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

const numeral = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** No program can be given a NUL, and half a surrogate pair cannot be signed. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function shortened(given: Json): string {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
